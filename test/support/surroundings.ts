// What whoever runs the behaviour tests may add to a broker's address: what the broker advertises, a mark for names,
// an ear on the connections. Under vitest there is none of it; the conformance kit brings all three.
import { type AnyMessage, EncodeError, versionRange } from '../../src/wire/index.ts'

export interface Surroundings {
  /** Goes into every name, so that what a run made can be told from what else there is. */
  readonly mark?: string
  /** Without it, every API and version is taken to be there. */
  readonly advertised?: Advertised
  /** Told of each connection that is opened. */
  readonly observe?: () => Tap
}

/** What is told of one connection. */
export interface Tap {
  /** A request goes out; what is returned is told of its answer, or why there is none. */
  sent(request: AnyMessage, version: number, body: unknown): (answer: unknown) => void
  sentBytes(bytes: Uint8Array): void
  gotFrame(frame: Uint8Array): void
  ended(): void
}

/** Nobody listens. */
export const silent: Tap = {
  sent: () => () => undefined,
  sentBytes: () => undefined,
  gotFrame: () => undefined,
  ended: () => undefined,
}

/** Why a behaviour cannot be looked at on this broker; it is neither there nor missing. */
export class NotApplicable extends Error {}

export interface VersionRange {
  readonly min: number
  readonly max: number
}

/** The APIs and versions that a broker says it has. */
export class Advertised {
  readonly ranges: ReadonlyMap<number, VersionRange>

  constructor(ranges: ReadonlyMap<number, VersionRange>) {
    this.ranges = ranges
  }

  has({ apiKey = -1 }: AnyMessage, version: number): boolean {
    const range = this.ranges.get(apiKey)
    return range !== undefined && version >= range.min && version <= range.max
  }

  /** Throws NotApplicable where the broker does not claim to take such a request. */
  require(request: AnyMessage, version: number): void {
    if (!this.has(request, version)) throw new NotApplicable(this.whyNot(request, version))
  }

  /** The advertised version that comes next to the one that is wanted. */
  nearest({ apiKey = -1 }: AnyMessage, wanted: number): number {
    const range = this.ranges.get(apiKey)
    return range === undefined ? wanted : Math.min(Math.max(wanted, range.min), range.max)
  }

  private whyNot(request: AnyMessage, version: number): string {
    const api = apiName(request)
    const range = this.ranges.get(request.apiKey ?? -1)
    if (range === undefined) return `${api} is not advertised`
    return `${api} ${version} is not advertised (it is from ${range.min} to ${range.max})`
  }
}

/** `Fetch` of its request or response. */
export function apiName(message: AnyMessage): string {
  return message.name.replace(/(Request|Response)$/, '')
}

/** What is thrown where a request of an advertised version cannot say what a test wants to say. */
export function unsayable(error: unknown, request: AnyMessage, version: number): unknown {
  if (!(error instanceof EncodeError)) return error
  const { max = version } = versionRange(request.versions) ?? {}
  return version >= max ? error : new NotApplicable(`${apiName(request)} ${version} cannot say it: ${error.message}`)
}
