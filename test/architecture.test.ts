import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { importsOf, root, sourceFiles, withoutComments, type SourceFile } from './source-file.ts'

const files = sourceFiles()
const longest = 400

/** Folders of the engine, and what each may import beside itself. Imports point one way. */
const base = ['errors', 'definition']
const middle = [...base, 'plan', 'catalog', 'config', 'run']
const allowed: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  fault: [],
  definition: ['errors'],
  plan: base,
  catalog: middle,
  config: middle,
  run: middle,
  model: middle,
  redis: [...middle, 'fault'],
  schedule: [...middle, 'redis'],
  client: [...middle, 'redis', 'schedule', 'fault'],
  results: [...middle, 'redis', 'client', 'fault'],
  testing: middle,
  index: [...base, 'model'],
  mlflow: [...middle, 'model'],
  isolate: [...middle, 'mlflow'],
  internal: [...middle, 'redis', 'schedule', 'client', 'fault', 'mlflow'],
}

/** Packages of the workspace, and which of the others each may import. */
const packages: Readonly<Record<string, readonly string[]>> = {
  engine: [],
  worker: ['@pipewright/engine'],
  'mlflow-adapter': ['@pipewright/engine'],
  serving: ['@pipewright/engine', '@pipewright/mlflow-adapter'],
  python: ['@pipewright/engine'],
  server: ['@pipewright/engine'],
  cli: [
    '@pipewright/engine',
    '@pipewright/server',
    '@pipewright/worker',
    '@pipewright/mlflow-adapter',
    '@pipewright/serving',
    '@pipewright/python',
  ],
}

/** Libraries that only some places may import. */
const libraries: Readonly<Record<string, RegExp>> = {
  bullmq: /^packages\/(engine\/src\/(redis|client|schedule)|worker\/src)\//,
  ioredis: /^packages\/(engine\/src\/(redis|client|schedule)|worker\/src)\//,
  axios: /^packages\/mlflow-adapter\/src\/http\.ts$/,
  rolldown: /^packages\/engine\/src\/model\//,
  'modern-tar': /^packages\/engine\/src\/model\//,
  yaml: /^packages\/engine\/src\/config\//,
  '@aws-sdk': /^packages\/engine\/src\/catalog\/s3-storage\.ts$/,
  '@google-cloud': /^packages\/engine\/src\/catalog\/gcs-storage\.ts$/,
  '@azure': /^packages\/engine\/src\/catalog\/azure-storage\.ts$/,
  'node:': /^packages\/(?!engine\/src\/(definition|errors|index|plan))/,
}
/** Nodes of the standard library that compute and touch nothing outside. */
const pure: Readonly<Record<string, RegExp>> = {
  'node:crypto': /^packages\/engine\/src\/plan\//,
  'node:util': /^packages\/engine\/src\/plan\//,
}

/** The folder of the engine that a file is in, or the name of a file beside them. */
function area(path: string): string | undefined {
  return /^packages\/engine\/src\/(?<area>[^/.]+)/.exec(path)?.groups?.['area']
}

function workspacePackage(path: string): string {
  return path.split('/')[1] ?? ''
}

describe('imports of the engine', () => {
  it.each(
    files.filter((file) => area(file.path) !== undefined).map((file) => [file.path, file] as const),
  )('%s point one way', (path, file) => {
    const from = area(path) ?? ''
    expect(Object.keys(allowed), `no rule for ${from}: add one`).toContain(from)
    const wrong = file.imports.filter((target) => {
      const to = area(target)
      return to !== undefined && to !== from && !allowed[from]?.includes(to)
    })
    expect(wrong).toEqual([])
  })
})

describe('imports of the packages', () => {
  it.each(Object.keys(packages))('%s has only those that its place allows', (name) => {
    const wrong = files
      .filter((file) => workspacePackage(file.path) === name)
      .flatMap(({ path, imports }) => imports.map((target) => ({ path, target })))
      .filter(({ target }) => {
        const other = /^(?:@pipewright\/[^/]+|pipewright)/.exec(target)?.[0]
        return other !== undefined && !packages[name]?.includes(other)
      })
    expect(wrong).toEqual([])
  })

  it('are all known', () => {
    expect(readdirSync(join(root, 'packages')).toSorted()).toEqual(Object.keys(packages).toSorted())
  })

  it('never reach into another package by path', () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter((target) => target.startsWith('packages/') || target.startsWith('..'))
        .filter((target) => !target.startsWith(`packages/${workspacePackage(path)}/src/`))
        .map((target) => `${path} -> ${target}`),
    )
    expect(wrong).toEqual([])
  })

  it('end in .ts, so that source runs unbuilt', () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter((target) => target.startsWith('packages/') && !target.endsWith('.ts'))
        .map((target) => `${path} -> ${target}`),
    )
    expect(wrong).toEqual([])
  })

  it.each(Object.keys(libraries))('%s stays in its place', (library) => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter(
          (target) =>
            target === library ||
            target.startsWith(library.endsWith(':') ? library : `${library}/`),
        )
        .filter((target) => !libraries[library]?.test(path) && !pure[target]?.test(path))
        .map((target) => `${path} -> ${target}`),
    )
    expect(wrong).toEqual([])
  })

  it('have no cycle', () => {
    expect(findCycle(files)).toEqual([])
  })
})

describe('files', () => {
  it(`have at most ${longest} lines of code`, () => {
    const long = files
      .map(({ path, code }) => ({
        path,
        lines: code.split('\n').filter((line) => line.trim() !== '').length,
      }))
      .filter(({ lines }) => lines > longest)
    expect(long).toEqual([])
  })

  it('have kebab-case names', () => {
    expect(
      files.filter(({ path }) => !/^[a-z0-9/-]+\.ts$/.test(path)).map(({ path }) => path),
    ).toEqual([])
  })
})

describe('error codes', () => {
  /** Classes that take a code as their first argument. */
  const classes = files.flatMap(({ code }) =>
    [
      ...code.matchAll(/class (?<name>\w+Error)\b[^{]*\{[^}]*?\bconstructor\(\s*code: string/g),
    ].flatMap(({ groups }) => groups?.['name'] ?? []),
  )
  const literal = `'(?<code>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'`
  const thrown = new RegExp(
    `(?:new (?:${classes.join('|')})\\(|\\bsuper\\(|\\bcode'?:)\\s*${literal}`,
    'g',
  )
  const scripts = join(root, 'packages/engine/lua')
  const codes = new Set([
    ...files.flatMap(({ code }) => codesIn(code, thrown)),
    ...readdirSync(scripts).flatMap((file) =>
      codesIn(readFileSync(join(scripts, file), 'utf8'), /"code":"(?<code>[A-Z_]+)"/g),
    ),
  ])
  const pages = readdirSync(join(root, 'docs/errors'))
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .map((file) => file.slice(0, -'.md'.length))

  it('are found in the source', () => {
    expect(classes).toEqual(expect.arrayContaining(['PipewrightError', 'ConfigError', 'NodeError']))
    expect([...codes]).toEqual(
      expect.arrayContaining([
        'PIPELINE_CYCLE',
        'FATAL_NODE_ERROR',
        'NODE_TIMEOUT',
        'OUTPUT_MISSING',
        'NODE_LOST',
        'WORKER_LOST',
      ]),
    )
  })

  it('have a page each, and each page has a code', () => {
    const without = [...codes].filter((code) => !pages.includes(code)).toSorted()
    const unused = pages.filter((page) => !codes.has(page)).toSorted()
    expect({ without, unused }).toEqual({ without: [], unused: [] })
  })

  it('are literals where an error is made', () => {
    // An error that came as a message from an isolate is made again with the code that it had.
    const remade = new Set(['packages/worker/src/isolate/abort-reason.ts'])
    const made = new RegExp(`new (?:${classes.join('|')})\\((?!\\s*'[A-Z])`)
    const wrong = files.filter(({ path, code }) => made.test(code) && !remade.has(path))
    expect(wrong.map(({ path }) => path)).toEqual([])
  })
})

describe('the checks themselves', () => {
  it('see every kind of import and nothing in comments', () => {
    const text = `
      import { a } from './a.ts'
      import type {
        B,
      } from './b.ts'
      export * from './c.ts'
      export { d, type E } from './d.ts'
      import './e.ts'
      const f = await import('./f.ts')
      type G = import('./g.ts').G
      // import { x } from './x.ts'
      /** @example import { y } from './y.ts' */
      const address = 'https://example.org' // import './z.ts'
      export const text = 'word'
    `
    const targets = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `./${name}.ts`)
    expect(importsOf(withoutComments(text))).toEqual(targets)
  })

  it('see a cycle', () => {
    const cycle = [file('a', ['b', 'zod']), file('b', ['c']), file('c', ['b'])]
    expect(findCycle(cycle)).toEqual(['b', 'c', 'b'])
    expect(findCycle([file('a', ['b', 'c']), file('b', ['c']), file('c', [])])).toEqual([])
  })
})

function codesIn(text: string, pattern: RegExp): readonly string[] {
  return Array.from(text.matchAll(pattern), ({ groups }) => groups?.['code'] ?? '')
}

function file(path: string, imports: readonly string[]): SourceFile {
  return { path, imports, code: '' }
}

/** The paths of one cycle of imports, the first repeated at its end; empty when there is none. */
function findCycle(all: readonly SourceFile[]): readonly string[] {
  const imports = new Map(all.map((file) => [file.path, file.imports]))
  const done = new Set<string>()
  const path: string[] = []
  function visit(file: string): readonly string[] {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return []
    path.push(file)
    for (const target of imports.get(file) ?? []) {
      const cycle = imports.has(target) ? visit(target) : []
      if (cycle.length > 0) return cycle
    }
    path.pop()
    done.add(file)
    return []
  }
  for (const file of imports.keys()) {
    const cycle = visit(file)
    if (cycle.length > 0) return cycle
  }
  return []
}
