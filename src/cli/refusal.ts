// Why a broker did not start, as the sentence that its user is told.
import { KafkaError } from '../wire/errors.ts'
import { CommandError, ExitCode } from './command-error.ts'

interface SystemError extends Error {
  readonly code: string
  readonly syscall?: string
  readonly path?: string
  readonly address?: string
  readonly port?: number
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'the port is in use (--port 0 takes a free one)',
  EADDRNOTAVAIL: 'this machine has no such address',
  EISDIR: 'it is a directory',
  ENOENT: 'there is no such file or directory',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is not a directory',
  ENOTFOUND: 'there is no such host',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
}

/** What the system said, in words where it is something that a user can mend. */
export function reason(error: unknown): string {
  return (isSystemError(error) && reasons[error.code]) || (error as Error).message
}

/** The error that the command ends with. What is no refusal but a bug comes back as it is, to be seen with its stack. */
export function refusal(error: unknown): unknown {
  if (error instanceof KafkaError) {
    const isConfig = error.codeName === 'INVALID_CONFIG'
    return new CommandError(isConfig ? ExitCode.usage : ExitCode.failed, error.message)
  }
  if (!isSystemError(error)) return error
  if (error.syscall === 'listen' || error.syscall === 'getaddrinfo') {
    const where = error.port === undefined ? '' : ` on ${error.address}:${error.port}`
    return new CommandError(ExitCode.failed, `cannot listen${where}: ${reason(error)}`)
  }
  const where = error.path === undefined ? '' : `${error.path}: `
  return new CommandError(ExitCode.failed, `${where}${reason(error)}`)
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && typeof (error as Partial<SystemError>).code === 'string'
}
