import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { setupFiles: ['./test/setup.ts'], env: { KAFKAJS_NO_PARTITIONER_WARNING: '1' } },
})
