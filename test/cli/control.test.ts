// `odradek start --control`: the broker, and a server that has it in hand; in memory and on disk.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CLI } from './command.ts'

test.each(['memory', 'disk'])('A broker with a control server, in %s', async (where) => {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-control-'))
  const place = where === 'memory' ? ['--memory'] : ['--log-dir', join(directory, 'log')]
  const args = [CLI, 'start', '--port', '0', '--control', '0', '--override', 'num.partitions=2', ...place]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    let output = ''
    const url = await new Promise<string>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        const [, found] = /^odradek control on (\S+)$/m.exec(output) ?? []
        if (found !== undefined) resolve(found)
      })
    })
    expect(output).toMatch(/^odradek \S+ ready on 127\.0\.0\.1:\d+ \(.*, \d+ ms\)$/m)
    await fetch(`${url}/topics/t/records`, { method: 'POST', body: '{"records":[{"value":"1"}]}' })
    const topic = (await (await fetch(`${url}/topics/t`)).json()) as { partitions: unknown[] }
    expect(topic.partitions).toHaveLength(2)
    await fetch(`${url}/reset`, { method: 'POST' })
    expect(await (await fetch(`${url}/topics`)).json()).toEqual([])
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  } finally {
    child.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
})
