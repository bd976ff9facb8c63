import { CommandError, ExitCode } from './command-error.ts'
export async function start(_flags: object): Promise<void> {
  throw new CommandError(ExitCode.failed, 'this build has no broker')
}
