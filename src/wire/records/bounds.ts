// How much a compressed batch may inflate to, and the error that says it would pass that.
import { DecodeError } from '../errors.ts'

/** The bound where the caller names none of its own. */
export const MAX_DECOMPRESSED_BYTES = 128 * 1024 * 1024

/** Well-formed perhaps, but larger than allowed once decompressed. */
export class TooLargeError extends DecodeError {
  constructor(maxBytes: number) {
    super(`more than ${maxBytes} bytes after decompression`)
  }
}

/** Whether node:zlib stopped at its maxOutputLength. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
}
