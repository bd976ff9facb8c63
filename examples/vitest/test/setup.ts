// The matchers, and their types: toHaveRecord, toHaveCommitted, toHaveLag.
import 'odradek/testing/vitest'
