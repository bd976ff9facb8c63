// `npm test`: the tests that need nothing but Node; `npm run test:NAME` runs those of another suite.
// What follows `--` goes to vitest: `npm test -- src/log`.
import { node, prepare } from './lib/project.mjs'

const suites = {
  default: ['unit', 'compat'],
  // The behaviour tests once more, against Apache Kafka; and what it makes of the same input.
  oracle: ['compat', 'java', 'oracle'],
  tools: ['tools', 'java'],
  // Apache Kafka and Odradek on each other's directories.
  door: ['door'],
  crash: ['crash'],
  chaos: ['chaos'],
  streams: ['streams'],
  // The projects of examples/ under their runners, on the Nodes that ODRADEK_NODES names.
  examples: ['examples'],
  // Clients in many languages: --only=CLIENT,... --scenarios=SCENARIO,... --record (test/clients/README.md).
  clients: ['clients'],
}
const clientFlags = { only: 'CLIENTS_ONLY', scenarios: 'CLIENTS_SCENARIOS', record: 'CLIENTS_RECORD' }

const [suite, flags] = readSuite(process.argv.slice(2))
prepare()
if (suite === 'oracle') process.env.ODRADEK_TARGET = 'kafka'
const passedOn = suite === 'clients' ? flags.filter((flag) => !keepClientFlag(flag)) : flags
const projects = suites[suite].map((project) => `--project=${project}`)
node('node_modules/vitest/vitest.mjs', 'run', ...projects, ...passedOn)

function readSuite([first, ...rest]) {
  const name = /^--suite=(.+)$/.exec(first ?? '')?.[1]
  return name === undefined ? ['default', first === undefined ? [] : [first, ...rest]] : [name, rest]
}

function keepClientFlag(flag) {
  const [, name, value = ''] = /^--(\w+)(?:=(.*))?$/.exec(flag) ?? []
  const variable = clientFlags[name]
  if (variable !== undefined) process.env[variable] = value
  return variable !== undefined
}
