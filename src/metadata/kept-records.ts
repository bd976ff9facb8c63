// The records about what this broker does not act on: ACLs, client quotas, SCRAM credentials and delegation tokens.
// They are kept as they came, by what each is about, so that a data directory of Kafka loses nothing to our snapshots.
import type { MetadataRecord } from './records.ts'

type Kept = Extract<
  MetadataRecord,
  {
    type: 'ClientQuotaRecord' | 'AccessControlEntryRecord' | 'UserScramCredentialRecord' | 'DelegationTokenRecord'
  }
>

/** In the order in which Kafka writes them to a snapshot, quotas before the producer ids and the rest behind. */
export const keptTypes = [
  'ClientQuotaRecord',
  'AccessControlEntryRecord',
  'UserScramCredentialRecord',
  'DelegationTokenRecord',
] as const satisfies readonly Kept['type'][]

type KeptOrRemoval =
  | Kept
  | Extract<
      MetadataRecord,
      {
        type: 'RemoveAccessControlEntryRecord' | 'RemoveUserScramCredentialRecord' | 'RemoveDelegationTokenRecord'
      }
    >

export class KeptRecords {
  readonly #records = new Map<Kept['type'], Map<string, Kept>>(keptTypes.map((type) => [type, new Map()]))

  /** Those of one kind, in the order in which they came to be. */
  ofType<T extends Kept['type']>(type: T): Iterable<Extract<Kept, { type: T }>> {
    return (this.#records.get(type)?.values() ?? []) as Iterable<Extract<Kept, { type: T }>>
  }

  replay(record: KeptOrRemoval): void {
    switch (record.type) {
      case 'AccessControlEntryRecord':
        this.#keep(record, record.data.id)
        return
      case 'RemoveAccessControlEntryRecord':
        this.#remove('AccessControlEntryRecord', record.data.id)
        return
      case 'UserScramCredentialRecord':
        this.#keep(record, credentialKey(record.data))
        return
      case 'RemoveUserScramCredentialRecord':
        this.#remove('UserScramCredentialRecord', credentialKey(record.data))
        return
      case 'DelegationTokenRecord':
        this.#keep(record, record.data.tokenId)
        return
      case 'RemoveDelegationTokenRecord':
        this.#remove('DelegationTokenRecord', record.data.tokenId)
        return
      case 'ClientQuotaRecord':
        if (record.data.remove) this.#remove('ClientQuotaRecord', quotaKey(record.data))
        else this.#keep(record, quotaKey(record.data))
        return
      default:
        record satisfies never
    }
  }

  #keep(record: Kept, key: string): void {
    this.#records.get(record.type)?.set(key, record)
  }

  #remove(type: Kept['type'], key: string): void {
    this.#records.get(type)?.delete(key)
  }
}

function credentialKey({ mechanism, name }: { mechanism: number; name: string }): string {
  return `${mechanism} ${name}`
}

type Quota = Extract<Kept, { type: 'ClientQuotaRecord' }>['data']

/** An entity is a set of parts; the order in which a record lists them says nothing. */
function quotaKey({ entity, key }: Pick<Quota, 'entity' | 'key'>): string {
  const parts = entity.map(({ entityType, entityName }) => JSON.stringify([entityType, entityName])).sort()
  return `${key} ${parts.join()}`
}
