// Which APIs and versions the scripts must send, which they have sent, and which errors were answered.
import { apiByKey, apis } from '../../src/wire/index.ts'
import { RawClient } from '../support/raw-client.ts'
import { notBuilt } from './expected.ts'
import type { Exchange } from './recorder.ts'

const NOT_BUILT = new Set<string>(notBuilt.flatMap(({ apis: names }) => names))

/** Advertised for the sake of librdkafka, and served by nobody. */
const HOLLOW = new Set(['Produce 0', 'Produce 1', 'Produce 2'])

/** What a broker says that it serves, as `Fetch 12`. */
export async function advertised(host: string, port: number): Promise<Set<string>> {
  const client = await RawClient.connect(host, port, 'differ')
  const software = { clientSoftwareName: 'differ', clientSoftwareVersion: '1' }
  const { apiKeys } = await client.ask(apis.ApiVersions, 4, software)
  client.close()
  const all = new Set<string>()
  for (const { apiKey, minVersion, maxVersion } of apiKeys) {
    for (let version = minVersion; version <= maxVersion; version++) all.add(`${apiByKey(apiKey)?.name} ${version}`)
  }
  return all
}

export class Coverage {
  private readonly sent = new Set<string>()
  private readonly errors = new Set<string>()

  add({ api, version, answer }: Exchange): void {
    this.sent.add(`${api} ${version}`)
    this.addErrors(answer)
  }

  /** What the oracle serves and no script has sent. */
  missing(oracle: ReadonlySet<string>): string[] {
    return [...oracle].filter((one) => {
      return !this.sent.has(one) && !HOLLOW.has(one) && !NOT_BUILT.has(one.slice(0, one.indexOf(' ')))
    })
  }

  errorsSeen(): string[] {
    return [...this.errors].sort()
  }

  private addErrors(value: unknown): void {
    if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'errorCode' && inner !== 'NONE') this.errors.add(String(inner))
      else this.addErrors(inner)
    }
  }
}
