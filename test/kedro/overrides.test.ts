import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { node, pipeline, PipewrightError } from '@pipewright/engine'
import {
  loadConfig,
  parseParamArguments,
  parseYaml,
  plain,
  resolveParams,
} from '@pipewright/engine/internal'
import * as fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'

const before = new Set(Object.getOwnPropertyNames(Object.prototype))

/** Names that every object has by now and had not before. */
function added(): readonly string[] {
  return Object.getOwnPropertyNames(Object.prototype).filter((name) => !before.has(name))
}

/** Parts of names, those with a meaning of their own in JavaScript often. */
const part = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      'polluted',
      'train',
      'epochs',
      '',
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
)
const key = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'))
/** Times 100 overrides: 100,000 of them where there is time, as with the faults. */
const rounds = process.env['PIPEWRIGHT_TEST_LONG'] === '1' ? 1000 : 50

const overrides = fc.array(
  fc.tuple(key, fc.constantFrom('1', 'true', 'x', '{"__proto__":{"polluted":1}}')),
  {
    minLength: 100,
    maxLength: 100,
  },
)

const training = pipeline('training', [
  node({
    name: 'train',
    inputs: {},
    outputs: {},
    params: z.object({ epochs: z.unknown() }),
    run: () => undefined,
  }),
])

/** Runs what may throw one of our errors and nothing else. */
function attempt(work: () => unknown): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof PipewrightError)) throw error
  }
}

describe('many overrides of params', () => {
  it('on the command line change no prototype, and are taken or refused one by one', () => {
    fc.assert(
      fc.property(overrides, (given) => {
        for (const [name, value] of given)
          attempt(() => resolveParams(training, parseParamArguments([`${name}=${value}`])))
        attempt(() =>
          resolveParams(
            training,
            parseParamArguments(given.map(([name, value]) => `${name}=${value}`)),
          ),
        )
        expect(added()).toEqual([])
      }),
      { numRuns: rounds },
    )
    expect(added()).toEqual([])
  })

  it('in requests, as JSON makes them, change no prototype', () => {
    fc.assert(
      fc.property(overrides, (given) => {
        const text = `{${given.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')},"__proto__":{"polluted":true}}`
        attempt(() => resolveParams(training, JSON.parse(text) as Record<string, unknown>))
        expect(added()).toEqual([])
      }),
      { numRuns: rounds },
    )
    expect(added()).toEqual([])
  })

  it('in YAML change no prototype, and no such key comes through', () => {
    const text = fc
      .array(
        fc.tuple(
          key,
          fc.constantFrom(
            '1',
            '{a: {__proto__: {polluted: 1}}}',
            '[1, {constructor: 2}]',
            '&a x',
            '*a',
          ),
        ),
        {
          minLength: 1,
          maxLength: 20,
        },
      )
      .map((lines) => lines.map(([name, value]) => `${JSON.stringify(name)}: ${value}`).join('\n'))
    fc.assert(
      fc.property(text, (source) => {
        attempt(() => {
          const keys = JSON.stringify(plain(parseYaml(source, 'a.yml')))
          expect(added()).toEqual([])
          expect(keys).not.toMatch(/"(?:__proto__|constructor|prototype)":/)
        })
      }),
      { numRuns: rounds * 10 },
    )
    expect(added()).toEqual([])
  })
})

/** A YAML text and, if it is refused, the code. */
const bombs: readonly (readonly [name: string, text: string, code: string])[] = [
  [
    'a billion laughs',
    `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array.from({ length: 9 }, () => `*a${i}`).join(',')}]`).join('\n')}\n`,
    'CONFIG_TOO_LARGE',
  ],
  [
    'laughs by merging',
    `a0: &a0 {x: 1}\n${Array.from({ length: 2000 }, (_, i) => `a${i + 1}: &a${i + 1} {<<: *a${i}, y${i}: 1}`).join('\n')}\n`,
    'CONFIG_TOO_LARGE',
  ],
  ['20,000 brackets', '['.repeat(20_000), 'CONFIG_TOO_LARGE'],
  ['20,000 dashes', `a:\n${'- '.repeat(20_000)}x\n`, 'CONFIG_TOO_LARGE'],
  [
    '60,000 keys',
    Array.from({ length: 60_000 }, (_, i) => `k${i}: 1`).join('\n'),
    'CONFIG_TOO_LARGE',
  ],
  ['2 MiB', `a: ${'x'.repeat(2 * 1024 * 1024)}\n`, 'CONFIG_TOO_LARGE'],
  ['a value that holds itself', 'a: &a [*a]\n', 'CONFIG_SYNTAX'],
  [
    'references that grow',
    Array.from({ length: 30 }, (_, i) => `p${i + 1}: "\${p${i}}\${p${i}}"`).join('\n') +
      '\np0: xxxxxxxxxx\n',
    'CONFIG_TOO_LARGE',
  ],
  ['references in a circle', 'a: ${b}\nb: ${a}\n', 'CONFIG_INTERPOLATION'],
]

describe('a YAML bomb', () => {
  it.each(bombs)('%s is refused', async (_, text, code) => {
    const root = await mkdtemp(join(tmpdir(), 'pipewright-bomb-'))
    onTestFinished(async () => rm(root, { recursive: true, force: true }))
    await mkdir(join(root, 'conf/base'), { recursive: true })
    await writeFile(join(root, 'conf/base/parameters.yml'), text)
    await expect(loadConfig({ root, environment: {} })).rejects.toMatchObject({ code })
  })
})
