import { defineConfig } from 'vitest/config'

const resolve = { conditions: ['@pipewright/source', 'node', 'import', 'default'] }

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr: { resolve },
        test: { name: 'unit', include: ['packages/*/src/**/*.test.ts', 'examples/**/*.test.ts'] },
      },
      {
        resolve,
        ssr: { resolve },
        test: { name: 'system', include: ['test/**/*.test.ts'], testTimeout: 60_000 },
      },
    ],
  },
})
