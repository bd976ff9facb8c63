// What the drivers of JavaScript clients share: arguments in, one JSON line per scenario out, and the scenarios' helpers.
// See ../README.md for the contract. Nothing here knows a client.
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const SCENARIO_DEADLINE_MS = 120_000
const INTERVAL_MS = 10
const AFTER_A_FAILURE_MS = 50
const LONGEST_SHOWN = 120

/** What the client cannot do, in words that are its own where it has some. */
export class Unsupported extends Error {}

export function unsupported(reason) {
  throw new Unsupported(reason)
}

export function check(holds, message) {
  if (!holds) throw new Error(message)
}

const brief = (text) => (text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text)

export function checkEqual(got, expected, what) {
  const [left, right] = [JSON.stringify(got), JSON.stringify(expected)]
  check(left === right, `${what}: expected ${brief(right)}, got ${brief(left)}`)
}

/** Asks until the answer is true. */
export async function until(what, condition) {
  const deadline = performance.now() + SCENARIO_DEADLINE_MS / 2
  while (!(await condition())) {
    check(performance.now() < deadline, `not in time: ${what}`)
    await delay(INTERVAL_MS)
  }
}

/** What one scenario is given. */
class Run {
  #closers = []

  constructor(bootstrap, control, prefix, scenario) {
    this.bootstrap = bootstrap
    this.control = control
    this.name = `${prefix}.${scenario}`
  }

  /** Keeps what must be closed, and gives it back. */
  using(closable) {
    this.#closers.push(() => closable.close())
    return closable
  }

  async end() {
    for (const close of this.#closers.splice(0).reverse()) await close().catch(() => undefined)
  }

  /** Kills the broker with -9 and starts it again; resolves when it is up. */
  restartBroker() {
    const [host, port] = this.control.split(':')
    return new Promise((resolve, reject) => {
      connect(Number(port), host).on('error', reject).on('close', resolve).resume()
    })
  }
}

/**
 * Sends batch after batch while the broker is killed and started again, twice; what fails is not sent again. Gives what
 * was acknowledged, in order; the last record is "end".
 */
export async function sendThroughRestarts(run, sendValues) {
  const acknowledged = []
  let next = 0
  const sendBatch = async () => {
    const values = Array.from({ length: 100 }, () => String(next++))
    try {
      await sendValues(values)
      acknowledged.push(...values)
      return true
    } catch {
      await delay(AFTER_A_FAILURE_MS)
      return false
    }
  }
  const sendSome = async () => {
    for (let sent = 0; sent < 5; ) if (await sendBatch()) sent++
  }
  await sendSome()
  for (let kill = 0; kill < 2; kill++) {
    let up = false
    const restarted = run.restartBroker().finally(() => {
      up = true
    })
    while (!up) await sendBatch()
    await restarted
    await sendSome()
  }
  for (let ended = false; !ended; )
    ended = await sendValues(['end']).then(
      () => true,
      () => delay(AFTER_A_FAILURE_MS),
    )
  return acknowledged
}

async function outcomeOf(scenario, client, run) {
  const late = new AbortController()
  const deadline = delay(SCENARIO_DEADLINE_MS, undefined, { signal: late.signal }).then(() =>
    Promise.reject(new Error(`not done within ${SCENARIO_DEADLINE_MS} ms`)),
  )
  try {
    await Promise.race([scenario(client, run), deadline])
    return { outcome: 'ok' }
  } catch (error) {
    return { outcome: error instanceof Unsupported ? 'unsupported' : 'failed', reason: reasonOf(error) }
  } finally {
    late.abort()
    deadline.catch(() => undefined)
    await Promise.race([run.end(), delay(10_000, undefined, { ref: false })])
  }
}

/** All that an error and its causes say. */
export function reasonOf(error) {
  const causes = [...(error?.errors ?? []), error?.cause].filter(Boolean).map(reasonOf)
  return [String(error?.message ?? error).split('\n')[0], ...causes].join(': ').slice(0, 600)
}

/** Runs the scenarios that the arguments name: BOOTSTRAP CONTROL PREFIX SCENARIO,SCENARIO... */
export async function drive(connectClient, version, scenarios) {
  const [bootstrap, control, prefix, names] = process.argv.slice(2)
  const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)
  tell({ version })
  // What a client throws outside of any call of ours is its own affair, unless a scenario ends differently with it.
  process.on('unhandledRejection', (error) => console.error(error))
  for (const name of names.split(',')) {
    const run = new Run(bootstrap, control, prefix, name)
    const started = performance.now()
    const outcome = await outcomeOf(scenarios[name] ?? (() => unsupported('no such scenario')), connectClient(run), run)
    tell({ scenario: name, ...outcome, ms: Math.round(performance.now() - started) })
  }
  process.exit(0)
}
