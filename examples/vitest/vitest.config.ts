import { defineConfig } from 'vitest/config'

export default defineConfig({
  // The matchers: toHaveRecord, toHaveCommitted, toHaveLag.
  test: { setupFiles: ['odradek/testing/vitest'], env: { KAFKAJS_NO_PARTITIONER_WARNING: '1' } },
})
