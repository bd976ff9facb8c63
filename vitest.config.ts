import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    maxConcurrency: 12,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/{cli,conformance,docs,fuzz,legacy,testing}/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'compat',
          include: ['test/compat/**/*.test.ts'],
          globalSetup: ['test/compat/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // Nothing is kept in modules, so that files may share them.
          pool: 'threads',
          isolate: false,
        },
      },
      { test: { name: 'crash', include: ['test/crash/**/*.test.ts'] } },
      { test: { name: 'door', include: ['test/door/**/*.test.ts'], testTimeout: 300_000 } },
      { test: { name: 'oracle', include: ['test/oracle/**/*.test.ts'], testTimeout: 600_000 } },
      {
        test: {
          name: 'java',
          include: ['test/java/**/*.test.ts'],
          globalSetup: ['test/compat/global-setup.ts'],
          // They run side by side in one JVM; a test only waits for its own.
          testTimeout: 600_000,
        },
      },
      { test: { name: 'chaos', include: ['test/chaos/**/*.test.ts'], hookTimeout: 300_000 } },
      { test: { name: 'streams', include: ['test/streams/**/*.test.ts'], hookTimeout: 300_000 } },
      {
        test: {
          name: 'clients',
          include: ['test/clients/**/*.test.ts'],
          // A test only waits for what its client tells.
          testTimeout: 3_600_000,
          hookTimeout: 60_000,
        },
      },
      // A project is installed, built and run in one test.
      {
        test: {
          name: 'examples',
          include: ['test/examples/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 300_000,
        },
      },
      { test: { name: 'tools', include: ['test/tools/**/*.test.ts'], testTimeout: 240_000 } },
    ],
  },
})
