// The version of this package. The build puts it in, so that nothing reads package.json at run time.

declare const ODRADEK_VERSION: string | undefined

/** The version as in package.json; `0.0.0-source` where the sources run unbuilt. */
export const version: string = typeof ODRADEK_VERSION === 'string' ? ODRADEK_VERSION : '0.0.0-source'
