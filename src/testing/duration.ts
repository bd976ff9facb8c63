// Spans of time as people write them.

/** A number of milliseconds, or a text: `'250 ms'`, `'5 minutes'`, `'1.5 h'`, `'1 day 2 hours'`. */
export type Duration = number | string

const unitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  millisecond: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
}

/** In milliseconds. Throws TypeError for what is no span of time. */
export function milliseconds(duration: Duration): number {
  if (typeof duration === 'number') {
    if (Number.isFinite(duration) && duration >= 0) return duration
    throw new TypeError(`a number of milliseconds, 0 or more, got ${duration}`)
  }
  let total = 0
  const rest = duration.replace(
    /(\d+(?:\.\d+)?)\s*([a-z]+)\s*(?:,|and)?\s*/gi,
    (whole, count: string, name: string) => {
      const unit = name.toLowerCase()
      const ms = unitsMs[unit] ?? unitsMs[unit.replace(/s$/, '')]
      if (ms === undefined) return whole
      total += Number(count) * ms
      return ''
    },
  )
  if (rest.trim() === '' && duration.trim() !== '') return total
  throw new TypeError(`a span of time such as '5 minutes' or '250 ms', got '${duration}'`)
}
