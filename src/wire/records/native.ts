// Native modules, loaded when first needed: importing the package must cost nothing, and a platform without
// a binary loses speed or one codec, never the start.
import { createRequire } from 'node:module'

// The CommonJS build has no import.meta.url, the ES module build no __filename.
const require = createRequire(typeof __filename === 'string' ? __filename : import.meta.url)

/** The module, or undefined where it or its binary is missing. */
export function loadOptional<T>(name: string): T | undefined {
  try {
    return require(name) as T
  } catch {
    return undefined
  }
}
