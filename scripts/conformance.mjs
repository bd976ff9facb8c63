// `npm run conformance`: `odradek conformance` against Apache Kafka and against Odradek (test/conformance/run.ts).
import { node, prepare } from './lib/project.mjs'

prepare()
node('node_modules/tsx/dist/cli.mjs', 'test/conformance/run.ts', ...process.argv.slice(2))
