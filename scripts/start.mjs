// `npm start`: a broker on 127.0.0.1:9092 with its log in ./data. What follows `--` goes to `odradek start`.
import { pathToFileURL } from 'node:url'
import { prepare, root } from './lib/project.mjs'

prepare()
performance.mark('odradek:start')
// In this very process, so that a signal from the terminal or from npm reaches the broker.
process.argv = [process.execPath, `${root}dist/cli.js`, 'start', '--log-dir', 'data', ...process.argv.slice(2)]
await import(pathToFileURL(`${root}dist/cli.js`).href)
