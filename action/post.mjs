// The end of the GitHub Action: stops the broker that action/main.mjs has started, and shows its log.
import { readFileSync } from 'node:fs'

const { STATE_pid: pid, STATE_log: log } = process.env
if (pid !== undefined) {
  try {
    process.kill(Number(pid))
  } catch {
    console.log('::warning title=Odradek::the broker was not running any more')
  }
}
if (log !== undefined) console.log(`::group::Odradek's log\n${readFileSync(log, 'utf8')}::endgroup::`)
