// Java's hash of a string, which decides the partition of a group or a transactional id, and what follows from it.

/** `String.hashCode()`. */
export function javaHashCode(text: string): number {
  let hash = 0
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0
  return hash
}

/** `Uuid.hashCode()` of a Kafka uuid. */
export function javaUuidHash(uuid: string): number {
  const bytes = Buffer.from(uuid, 'base64url')
  return bytes.readInt32BE(0) ^ bytes.readInt32BE(4) ^ bytes.readInt32BE(8) ^ bytes.readInt32BE(12)
}

/** The partition of an internal topic that holds `key`. Kafka's Utils.abs maps the one int without a positive to 0. */
export function partitionFor(key: string, partitions: number): number {
  const hash = javaHashCode(key)
  return (hash === -0x80000000 ? 0 : Math.abs(hash)) % partitions
}

/** The keys as a `java.util.HashMap` iterates over them: Kafka breaks some ties by that order. */
export function javaHashMapOrder(keys: readonly string[]): string[] {
  let buckets = 16
  while (keys.length > buckets * 0.75) buckets *= 2
  const bucket = (key: string): number => {
    const hash = javaHashCode(key)
    return (hash ^ (hash >>> 16)) & (buckets - 1)
  }
  return [...keys].sort((a, b) => bucket(a) - bucket(b))
}
