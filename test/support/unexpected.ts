// What a helper of the tests throws where an answer is not what it can go on with: what it wanted, and what came.

export class Unexpected extends Error {
  readonly expected: unknown
  readonly actual: unknown

  constructor(message: string, expected: unknown, actual: unknown) {
    super(message)
    this.expected = expected
    this.actual = actual
  }
}

/** Throws unless the answer has no error. */
export function mustBeNone(what: string, errorCode: string | undefined, errorMessage?: string | null): void {
  if (errorCode === 'NONE') return
  const got = errorCode ?? 'no answer'
  throw new Unexpected(`${what}: ${errorMessage ? `${got}, ${errorMessage}` : got}`, 'NONE', got)
}
