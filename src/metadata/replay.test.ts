// A metadata transaction (KIP-868) counts when it has ended, and then as a whole.
import { expect, test } from 'vitest'
import type { JournalEntry } from './journal.ts'
import { encodeMetadataRecord, type NewMetadataRecord } from './records.ts'
import { replayJournal } from './replay.ts'

const begin: NewMetadataRecord = { type: 'BeginTransactionRecord', version: 0, data: { name: 'n' } }
const end: NewMetadataRecord = { type: 'EndTransactionRecord', version: 0, data: {} }
const abort: NewMetadataRecord = { type: 'AbortTransactionRecord', version: 0, data: { reason: 'r' } }

function feature(name: string): NewMetadataRecord {
  return { type: 'FeatureLevelRecord', version: 0, data: { name, featureLevel: 1 } }
}

/** The names in the batches that were applied, and whether the journal ends inside a transaction. */
function replayed(...records: NewMetadataRecord[]) {
  const batches: string[][] = []
  const values = records.map(encodeMetadataRecord)
  const entries = values.map((value, offset): JournalEntry => ({ offset, epoch: 1, timestamp: 0, value }))
  const journal = { replay: (visit: (entry: JournalEntry) => void) => entries.forEach(visit) }
  const open = replayJournal(journal, (batch) => {
    batches.push(batch.map((record) => (record.type === 'FeatureLevelRecord' ? record.data.name : record.type)))
  })
  return { batches, open }
}

test('records outside of a transaction count one by one', () => {
  expect(replayed(feature('a'), feature('b'))).toEqual({ batches: [['a'], ['b']], open: false })
})

test('those of a transaction count together when it ends', () => {
  const records = [feature('a'), begin, feature('b'), feature('c'), end, feature('d')]
  expect(replayed(...records)).toEqual({ batches: [['a'], ['b', 'c'], ['d']], open: false })
})

test('those of an aborted transaction do not count', () => {
  expect(replayed(begin, feature('b'), abort, feature('d'))).toEqual({ batches: [['d']], open: false })
})

test('those of a transaction that was cut off do not count, and that it is open is told', () => {
  expect(replayed(feature('a'), begin, feature('b'))).toEqual({ batches: [['a']], open: true })
})
