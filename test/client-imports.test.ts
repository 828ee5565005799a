import { describe, expect, it } from 'vitest'

import { importsOf, sourceFiles } from './source-file.ts'

const files = new Map(sourceFiles().map((file) => [file.path, file]))
const client = 'packages/engine/src/client/index.ts'

/** What is loaded with a module: imports of types alone are gone by then, and those that are made later do not count. */
function loadedWith(entry: string): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (path: string): void => {
    if (found.has(path)) return
    found.add(path)
    const code = files.get(path)?.code ?? ''
    const statements = code.replaceAll(/(?:^|\n)\s*(?:import|export)\s+type\s[^'"`;]*?'[^']+'/g, '')
    const loaded = new Set(importsOf(statements.replaceAll(/\bimport\(/g, 'later(')))
    for (const target of files.get(path)?.imports ?? []) {
      if (loaded.has(target) || [...loaded].some((each) => isSame(path, each, target)))
        visit(target)
    }
  }
  visit(entry)
  return found
}

/** True when the specifier in the file means this path from the root. */
function isSame(path: string, specifier: string, target: string): boolean {
  return new URL(specifier, `file:///${path}`).pathname === `/${target}`
}

describe('the client', () => {
  const loaded = loadedWith(client)
  const modules = [...loaded].filter((each) => each.startsWith('packages/'))
  const libraries = [...loaded].filter((each) => !modules.includes(each))

  it('is seen with all that it loads', () => {
    expect(modules).toEqual(expect.arrayContaining(['packages/engine/src/redis/ledger.ts', client]))
    expect(modules.length).toBeGreaterThan(50)
  })

  it('imports no catalog driver and no worker code', () => {
    const wrong = modules.filter(
      (each) =>
        each.startsWith('packages/engine/src/catalog/drivers/') ||
        !each.startsWith('packages/engine/'),
    )
    expect(wrong).toEqual([])
    expect(libraries.filter((each) => each.startsWith('@pipewright/'))).toEqual([])
  })

  it('loads few libraries, none of them for data', () => {
    const theirs = libraries.filter((each) => !each.startsWith('node:')).toSorted()
    expect(theirs).toEqual(['croner', 'ioredis', 'msgpackr', 'ulid', 'zod'])
  })
})
