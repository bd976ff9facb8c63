// The lock names no download address, so that every machine installs from the registry it is set up for; and it holds
// the packages of all platforms. npm leaves out those of other platforms when it writes a lock from an existing
// node_modules, and `npm ci` then refuses the lock: `npm run relock` makes a whole one.
import { readFileSync } from 'node:fs'

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'))

/** Where Node would look for `name` from the package at `path`, nearest first. */
function candidates(path, name) {
  const levels =
    path === '' ? [] : path.split('/node_modules/').map((_, i, all) => all.slice(0, i + 1).join('/node_modules/'))
  return [...levels.reverse().map((level) => `${level}/node_modules/${name}`), `node_modules/${name}`]
}

const addresses = Object.keys(packages).filter((path) => packages[path].resolved !== undefined)
const missing = Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
  Object.keys({ ...dependencies, ...optionalDependencies })
    .filter((name) => !candidates(path, name).some((candidate) => packages[candidate] !== undefined))
    .map((name) => `${name}, wanted by ${path}`),
)
for (const path of addresses) console.error(`package-lock.json records an address for ${path}`)
for (const line of missing) console.error(`package-lock.json lacks ${line}`)
if (addresses.length + missing.length > 0) {
  console.error('`npm run relock` writes it anew')
  process.exitCode = 1
}
