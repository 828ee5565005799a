import { join } from 'node:path'

import { configDefaults, defineConfig } from 'vitest/config'

const resolve = { conditions: ['@pipewright/source', 'node'] }
/** The global set-up runs from source too, so that a clone that was never built can be tested. */
const environments = { __vitest__: { resolve } }

/** One Python environment for all tests and examples: MLflow is 600 MB. */
const env = {
  PIPEWRIGHT_PYTHON_ENV:
    process.env['PIPEWRIGHT_PYTHON_ENV'] ?? join(import.meta.dirname, '.pipewright', 'python'),
  // Tests start hundreds of processes from source: compiled once, each takes half the processor time to start.
  NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules', '.cache', 'node-compile'),
}
Object.assign(process.env, env)

/**
 * Part of `npm test` with PIPEWRIGHT_TEST_LONG=1 only, for it has eight minutes. Of the kills and the poison the short rows of
 * `faults.test.ts` do the same in less; foreign jobs wait for BullMQ's own clocks.
 */
const long = [
  'test/adapter/kill.test.ts',
  'test/durability/foreign-jobs.test.ts',
  'test/durability/spared.test.ts',
  'test/system/storm.test.ts',
]
const left = process.env['PIPEWRIGHT_TEST_LONG'] === '1' ? [] : long

export default defineConfig({
  test: {
    // Most files wait for servers, leases and processes of their own: four at a time keep two cores busy.
    maxWorkers: 4,
    projects: [
      {
        resolve,
        ssr: { resolve },
        test: {
          name: 'unit',
          isolate: false,
          include: ['packages/*/src/**/*.test.ts', 'examples/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        resolve,
        ssr: { resolve },
        environments,
        test: {
          name: 'system',
          // Modules are loaded once a process, not once a file: half a second of processor time each. Servers belong to tests.
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, 'test/containers/**', ...left],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        ssr: { resolve },
        test: {
          name: 'containers',
          include: ['test/containers/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
