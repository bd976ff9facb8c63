// Replaying a journal: records in order, and those of a metadata transaction (KIP-868) all together or not at all.
import type { JournalEntry } from './journal.ts'
import { decodeMetadataRecord, type MetadataRecord } from './records.ts'

/**
 * Gives `apply` what the journal holds. A transaction that was aborted or never ended is left out; returns whether the
 * journal ends inside of one.
 */
export function replayJournal(
  journal: { replay(visit: (entry: JournalEntry) => void): void },
  apply: (records: readonly MetadataRecord[]) => void,
): boolean {
  let transaction: MetadataRecord[] | undefined
  journal.replay(({ value }) => {
    const record = decodeMetadataRecord(value)
    switch (record.type) {
      case 'BeginTransactionRecord':
        transaction = []
        return
      case 'AbortTransactionRecord':
        transaction = undefined
        return
      case 'EndTransactionRecord':
        if (transaction !== undefined) apply(transaction)
        transaction = undefined
        return
    }
    if (transaction === undefined) apply([record])
    else transaction.push(record)
  })
  return transaction !== undefined
}
