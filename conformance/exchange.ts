// What a check sent and got, over all its connections, in the order of time. Kept as it is while the check runs, and
// made plain only for the report of a failure.
import type { AnyMessage } from '../src/wire/index.ts'
import { readable } from '../test/support/readable.ts'
import { apiName, type Tap } from '../test/support/surroundings.ts'
import { hex, type Plain, plain } from './plain.ts'

/** One step: a request with its answer, bytes out, a frame in, or the end of a connection. */
export interface Step {
  /** The connection's number within the check, from 1 on. */
  readonly connection: number
  /** `Fetch 12`. */
  readonly request?: string
  readonly sent?: Plain
  readonly got?: Plain
}

interface Kept {
  readonly connection: number
  readonly request?: string
  readonly sent?: unknown
  answer?: { readonly got: unknown }
}

/** How a check began and how it ended is shown; what is between is left out where it is long. */
const KEPT_FIRST = 12
const KEPT_LAST = 12

const NO_ANSWER = 'no answer until the end of the check'

export class Exchange {
  private connections = 0
  private steps = 0
  private readonly first: Kept[] = []
  private readonly last: Kept[] = []

  /** An ear on one more connection. */
  readonly observe = (): Tap => {
    this.connections += 1
    const connection = this.connections
    return {
      sent: (request: AnyMessage, version: number, body: unknown) => {
        const step: Kept = { connection, request: `${apiName(request)} ${version}`, sent: body }
        this.keep(step)
        return (got) => {
          step.answer = { got }
        }
      },
      sentBytes: (bytes) => this.keep({ connection, sent: bytes, answer: { got: undefined } }),
      gotFrame: (frame) => this.keep({ connection, answer: { got: frame } }),
      ended: () => this.keep({ connection, answer: { got: 'the connection ended' } }),
    }
  }

  private keep(step: Kept): void {
    this.steps += 1
    if (this.first.length < KEPT_FIRST) this.first.push(step)
    else if (this.last.push(step) > KEPT_LAST) this.last.shift()
  }

  report(): Step[] {
    const missing = this.steps - this.first.length - this.last.length
    const gap: Step[] = missing === 0 ? [] : [{ connection: 0, got: `… ${missing} steps that are not shown` }]
    return [...this.first.map(shown), ...gap, ...this.last.map(shown)]
  }
}

function shown({ connection, request, sent, answer }: Kept): Step {
  return {
    connection,
    ...(request === undefined ? {} : { request }),
    ...(sent === undefined ? {} : { sent: bounded(sent) }),
    ...(answer === undefined ? { got: NO_ANSWER } : answer.got === undefined ? {} : { got: bounded(answer.got) }),
  }
}

function bounded(value: unknown): Plain {
  if (value instanceof Uint8Array) return hex(value)
  return plain(value instanceof Error ? value.message : readable(value))
}
