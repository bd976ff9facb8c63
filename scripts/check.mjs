// `npm run check`: everything that is judged without running the product, which is all `check:*` scripts of
// package.json. Goes on to the end, then tells what failed.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { prepare } from './lib/project.mjs'

// The package's shape is judged on the build.
prepare()
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'))
const checks = Object.keys(scripts).filter((name) => name.startsWith('check:'))
const failed = checks.filter((name) => {
  console.log(`\n== ${name}: ${scripts[name]}`)
  return spawnSync(scripts[name], { stdio: ['ignore', 'inherit', 'inherit'], shell: true }).status !== 0
})
for (const name of failed) console.error(`failed: npm run ${name}`)
process.exitCode = failed.length === 0 ? 0 : 1
