import { describe, expect, it } from 'vitest'

import { namedImports, packageName } from './fingerprint-imports.ts'

describe('what a module imports', () => {
  it.each([
    ["import { a } from './a.ts'", './a.ts'],
    ['import a from "../a.ts"', '../a.ts'],
    ["import './a.ts'", './a.ts'],
    ["export * from './a.ts'", './a.ts'],
    ["import {\n  a,\n  type B,\n} from './a.ts'", './a.ts'],
    ["const a = await import('./a.ts')", './a.ts'],
    ["const a = require('./a.cjs')", './a.cjs'],
    ["new Worker(new URL('./a.ts', import.meta.url))", './a.ts'],
    ["pythonNode({ module: './train.py' })", './train.py'],
    ["import type from './a.ts'", './a.ts'],
    ["import { type A } from './a.ts'", './a.ts'],
    ["import a, { type B } from './a.ts'", './a.ts'],
  ])('is seen in %j', (text, path) => {
    expect(namedImports(text).paths).toEqual([path])
  })

  it.each([
    "import type { A } from './a.ts'",
    "import type {\n  A,\n  B,\n} from './a.ts'",
    "import type * as a from './a.ts'",
    "import type A from './a.ts'",
    "export type { A } from './a.ts'",
    "export type * from './a.ts'",
    'const url = `./${name}.ts`',
  ])('is not seen in %j', (text) => {
    expect(namedImports(text).paths).toEqual([])
  })

  it('is nothing of a module that only follows imports of types', () => {
    const text = "import type { A } from './a.ts'\nimport { b } from './b.ts'\n"
    expect(namedImports(text).paths).toEqual(['./b.ts'])
  })

  it('names packages and subpath imports, but nothing that Node brings along', () => {
    const text = `
      import * as z from 'zod'
      import { days } from "@acme/features/days"
      import { shared } from '#shared'
      import { join } from 'node:path'
      const lazy = await import('tensor')
    `
    expect(namedImports(text).names).toEqual(['zod', '@acme/features/days', '#shared', 'tensor'])
  })

  it('is read in time that grows with the text alone', () => {
    const text = `import type {${' a,'.repeat(50_000)}\n${"import { b } from './b.ts'\n".repeat(20_000)}`
    expect(namedImports(text).paths).toEqual(['./b.ts'])
  })
})

describe('the name of a package', () => {
  it.each([
    ['zod', 'zod'],
    ['zod/v4', 'zod'],
    ['@acme/features', '@acme/features'],
    ['@acme/features/days', '@acme/features'],
  ])('of %s is %s', (specifier, name) => {
    expect(packageName(specifier)).toBe(name)
  })
})
