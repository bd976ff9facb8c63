// What came out against what went in: every record once, as it was, in the order of its partition.

export interface Entry {
  readonly partition: number
  readonly timestamp: string
  readonly key: string
  readonly value: string
}

/** What of exactly-once does not hold; empty where all holds. */
export function faultsOf(input: readonly Entry[], output: readonly Entry[]): string[] {
  const faults: string[] = []
  const [sent, found] = [countById(input), countById(output)]
  const told = (what: string, ids: readonly string[]) => {
    if (ids.length > 0) faults.push(`${ids.length} records ${what}, first ${ids[0]}`)
  }
  told(
    'twice in the input',
    idsWith(sent, (count) => count > 1),
  )
  told(
    'lost',
    idsWith(sent, (_, id) => !found.has(id)),
  )
  told(
    'doubled',
    idsWith(found, (count) => count > 1),
  )
  told(
    'of no input (or altered)',
    idsWith(found, (_, id) => !sent.has(id)),
  )
  if (output.length !== input.length) faults.push(`${input.length} in, ${output.length} out`)
  for (const partition of new Set(input.map((entry) => entry.partition))) {
    const [from, to] = [input, output].map((side) => side.filter((entry) => entry.partition === partition).map(idOf))
    const at = from?.findIndex((id, i) => to?.[i] !== id) ?? -1
    if (at >= 0) faults.push(`partition ${partition} differs from record ${at} on: ${to?.[at]} for ${from?.[at]}`)
  }
  return faults
}

/** All of a record but its offset: markers of transactions have offsets too. */
function idOf({ partition, timestamp, key, value }: Entry): string {
  return `${partition}/${timestamp}/${key}/${value}`
}

function countById(entries: readonly Entry[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const entry of entries) counts.set(idOf(entry), (counts.get(idOf(entry)) ?? 0) + 1)
  return counts
}

function idsWith(counts: ReadonlyMap<string, number>, wanted: (count: number, id: string) => boolean): string[] {
  return [...counts].filter(([id, count]) => wanted(count, id)).map(([id]) => id)
}
