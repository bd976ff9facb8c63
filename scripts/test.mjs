// `npm test`: the tests that need nothing but Node. What follows `--` goes to vitest: `npm test -- src/log`.
import { node, prepare } from './lib/project.mjs'

prepare()
node('node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', '--project', 'compat', ...process.argv.slice(2))
