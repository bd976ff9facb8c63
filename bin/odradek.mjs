#!/usr/bin/env node
// The `odradek` command, which is in dist/cli.js. In a checkout it is brought up to date first, so that `npx odradek` works
// in a fresh clone too.
import { existsSync } from 'node:fs'

const project = new URL('../scripts/lib/project.mjs', import.meta.url)
if (existsSync(project)) {
  const directory = process.cwd()
  const { prepare } = await import(project.href)
  prepare()
  process.chdir(directory)
  performance.mark('odradek:start')
}
await import(new URL('../dist/cli.js', import.meta.url).href)
