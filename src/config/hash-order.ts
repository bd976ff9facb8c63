// The order in which Java lists the keys of a HashMap or HashSet: what clients see wherever Kafka walks through one.

export function inHashOrder(names: readonly string[]): string[] {
  let buckets = 16
  while (buckets * 0.75 < names.length) buckets *= 2
  const bucket = (name: string): number => {
    let hash = 0
    for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) | 0
    return (hash ^ (hash >>> 16)) & (buckets - 1)
  }
  return [...names].sort((a, b) => bucket(a) - bucket(b))
}
