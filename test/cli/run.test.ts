// `odradek run`: the command sees a broker, and its end is ours.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

function odradek(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, 'run', ...args], { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

const node = (script: string) => ['--', process.execPath, '-e', script]

describe('odradek run', () => {
  test('tells the command where the broker is, under every name that is asked for', async () => {
    const script = "console.log([process.env.KAFKA_BOOTSTRAP_SERVERS, process.env.BROKERS].join(' '))"
    const { code, stdout } = await odradek('--env', 'BROKERS', ...node(script))
    expect(code).toBe(0)
    const [first, second] = stdout.trim().split(' ')
    expect(first).toMatch(/^127\.0\.0\.1:\d+$/)
    expect(second).toBe(first)
  })

  test('has the topics that are asked for, in a Kafka of that version', async () => {
    const script = `
      const { Kafka, logLevel } = require('kafkajs')
      const admin = new Kafka({ brokers: [process.env.KAFKA_BOOTSTRAP_SERVERS], logLevel: logLevel.NOTHING }).admin()
      admin.connect().then(async () => {
        const { topics } = await admin.fetchTopicMetadata()
        console.log(topics.map(({ name, partitions }) => name + ':' + partitions.length).sort().join(' '))
        await admin.disconnect()
      })`
    const flags = ['--topic', 'a', '--topic', 'b:3', '--override', 'num.partitions=2', '--api-versions', '2.8']
    expect(await odradek(...flags, ...node(script))).toMatchObject({ code: 0, stdout: 'a:1 b:3\n' })
  })

  test('has its control beside it where that is asked for', async () => {
    const script = `
      fetch(process.env.ODRADEK_CONTROL_URL + '/readyz').then((answer) => answer.json()).then(({ bootstrapServers }) => {
        console.log(bootstrapServers === process.env.KAFKA_BOOTSTRAP_SERVERS)
      })`
    expect(await odradek('--control', ...node(script))).toMatchObject({ code: 0, stdout: 'true\n' })
    const { stdout } = await odradek(...node('console.log(process.env.ODRADEK_CONTROL_URL)'))
    expect(stdout).toBe('undefined\n')
  })

  test('ends with the code of the command', async () => {
    expect(await odradek(...node('process.exit(7)'))).toMatchObject({ code: 7, stderr: '' })
    expect(await odradek(...node('process.kill(process.pid, "SIGKILL")'))).toMatchObject({ code: 137 })
  })

  test('says what is wrong with its command line', async () => {
    expect(await odradek('--', 'no-such-command')).toMatchObject({
      code: 127,
      stderr: 'odradek: no-such-command: command not found\n',
    })
    expect(await odradek()).toMatchObject({ code: 2, stderr: "odradek: missing required argument 'command'\n" })
    expect(await odradek('--topic', 'a:none', ...node(''))).toMatchObject({ code: 2 })
    expect(await odradek('--api-versions', '9', ...node(''))).toMatchObject({ code: 2 })
    expect(await odradek('--override', 'num.partitions=none', ...node(''))).toMatchObject({ code: 2 })
  })
})
