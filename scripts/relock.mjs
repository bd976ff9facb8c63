// `npm run relock`: writes package-lock.json anew, in an empty directory where npm can leave out no platform.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './lib/project.mjs'

const empty = mkdtempSync(join(tmpdir(), 'odradek-lock-'))
for (const file of ['package.json', '.npmrc', 'package-lock.json']) copyFileSync(join(root, file), join(empty, file))
const npm = spawnSync('npm', ['install', '--package-lock-only', '--ignore-scripts'], {
  cwd: empty,
  stdio: 'inherit',
  shell: process.platform === 'win32',
})
if (npm.status === 0) copyFileSync(join(empty, 'package-lock.json'), join(root, 'package-lock.json'))
rmSync(empty, { recursive: true, force: true })
process.exitCode = npm.status ?? 1
