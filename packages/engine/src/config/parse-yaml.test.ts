import { describe, expect, test } from 'vitest'

import type { ConfigError } from '../errors.ts'
import { limits } from './limits.ts'
import { parseYaml } from './parse-yaml.ts'
import { descend, plain } from './tree.ts'

const value = (source: string): unknown => plain(parseYaml(source, 'f.yml'))

function problem(source: string): Pick<ConfigError, 'code' | 'message' | 'hint' | 'position'> {
  try {
    parseYaml(source, 'f.yml')
  } catch (error) {
    // Only this is thrown; the assertions on `code` would see anything else.
    return error as ConfigError
  }
  throw new Error('Nothing was refused.')
}

describe('parseYaml', () => {
  test('reads the values of YAML 1.2', () => {
    expect(
      value(
        'a: 1\nb: 1.5e3\nc: [x, "1", null, ~, true]\nd: {e: yes, f: 012}\ng:\nh: |\n  two\n  lines\n',
      ),
    ).toEqual({
      a: 1,
      b: 1500,
      c: ['x', '1', null, null, true],
      d: { e: 'yes', f: 12 },
      g: null,
      h: 'two\nlines\n',
    })
  })

  test.each(['', '\n\n', '# only a comment\n', '---\n', '\uFEFF', 'null'])(
    'takes %j for an empty map',
    (source) => {
      expect(value(source)).toEqual({})
    },
  )

  test('knows the line and column of every key and value', () => {
    const tree = parseYaml('# a comment\na:\n  - 1\n  - b: "x"\r\nc:\n', 'conf/base/f.yml')
    expect(descend(tree, ['a', 1, 'b'])?.position).toEqual({
      file: 'conf/base/f.yml',
      line: 4,
      column: 8,
    })
    expect(tree.entries.get('c')?.keyPosition).toEqual({
      file: 'conf/base/f.yml',
      line: 5,
      column: 1,
    })
    expect(descend(tree, ['c'])?.position).toEqual({ file: 'conf/base/f.yml', line: 5, column: 3 })
  })

  test('follows anchors, aliases and merges, where the map’s own keys win', () => {
    const source =
      '_csv: &csv {type: csv, versioned: true}\na: {<<: *csv, versioned: false}\nb:\n  <<: [*csv, {x: 1}]\nc: *csv\n'
    expect(value(source)).toMatchObject({
      a: { type: 'csv', versioned: false },
      b: { type: 'csv', versioned: true, x: 1 },
      c: { type: 'csv', versioned: true },
    })
  })

  test('takes a quoted "<<" for a name', () => {
    expect(value('"<<": 1')).toEqual({ '<<': 1 })
  })

  test.each([
    ['a tab for indent', 'a:\n\tb: 1\n', 2],
    ['a list that is never closed', 'a: [1, 2\nb: 3\n', 2],
    ['a quote that is never closed', 'a: 1\nb: "x\n', 3],
    ['a colon in plain text', 'a: 1\nb: c: d\n', 2],
    ['a wrong indent', 'a:\n    b: 1\n  c: 2\n', 3],
    ['an unknown tag', 'a: 1\nb: !!python/object:os.system x\n', 2],
    ['a tag of code', 'a: !!js/function "() => 1"\n', 1],
    ['a second document', 'a: 1\n---\nb: 2\n', 3],
    ['a list as the file', '- a\n', 1],
    ['text as the file', 'just text\n', 1],
    ['a list as a key', '? [a, b]\n: 1\n', 1],
    ['a null key', 'a: 1\n~: 2\n', 2],
    ['infinity', 'a: 1\nb: .inf\n', 2],
    ['not a number', 'b: .nan\n', 1],
    ['an unknown alias', 'a: 1\nb: *nothing\n', 2],
    ['an alias of what holds it', 'a: &a\n  b: *a\n', 2],
    ['a merge of text', 'a: &a text\nb:\n  <<: *a\n', 3],
    ['directives alone', '%YAML 1.2\n', 2],
  ])('refuses %s, naming the line', (_, source, line) => {
    const error = problem(source)
    expect(error).toMatchObject({ code: 'CONFIG_SYNTAX', position: { file: 'f.yml', line } })
    expect(error.message).toMatch(new RegExp(`^f\\.yml:${line}:\\d+: `))
    expect(error.hint).toBeTypeOf('string')
  })

  test('names both places of a key that is set twice', () => {
    expect(problem('a:\n  b: 1\n  c: 2\n  "b": 3\n')).toMatchObject({
      code: 'CONFIG_DUPLICATE_KEY',
      message: 'f.yml:4:3: "b" is already set at f.yml:2:3.',
    })
  })

  test.each(['__proto__', 'constructor', 'prototype'])('refuses the key %s at any depth', (key) => {
    expect(problem(`a:\n  - {"${key}": {polluted: true}}\n`)).toMatchObject({
      code: 'CONFIG_KEY_REFUSED',
      position: { file: 'f.yml', line: 2, column: 6 },
    })
  })
})

describe('a hostile file', () => {
  const million = limits.bytes - 20
  const laughs = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let level = 1; level <= 20; level += 1) {
    laughs.push(
      `a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`,
    )
  }

  test.each([
    ['of more than 1 MiB', `a: ${'x'.repeat(limits.bytes)}`],
    ['of a billion laughs', laughs.join('\n')],
    [
      'of quadratic merges',
      `a: &a {${Array.from({ length: 2000 }, (_, i) => `k${i}: 1`).join(', ')}}\n${Array.from({ length: 2000 }, (_, i) => `m${i}: {<<: *a}`).join('\n')}`,
    ],
    ['of 65 levels of lists', `a: ${'['.repeat(65)}${']'.repeat(65)}`],
    ['of a million open brackets', `a: ${'['.repeat(million)}`],
    ['of 200,000 open maps', `a: ${'{a: '.repeat(200_000)}`],
    ['of half a million dashes on a line', '- '.repeat(million / 2)],
    [
      'of indents without end',
      Array.from({ length: 1400 }, (_, level) => `${' '.repeat(level)}a:`).join('\n'),
    ],
    ['of a million empty lines', '\n'.repeat(million)],
    ['of half a million items', `a: [${'1,'.repeat(million / 2)}]`],
    ['of 200,000 times the same key', 'a: 1\n'.repeat(200_000)],
  ])('%s is refused as too large', (_, source) => {
    expect(problem(source).code).toBe('CONFIG_TOO_LARGE')
  })

  test.each([
    ['a million closing brackets', ']'.repeat(million)],
    ['half a million empty maps', '{}'.repeat(million / 2)],
    ['300,000 wrong lines', '@a\n'.repeat(300_000)],
    ['a million commas', ','.repeat(million)],
    ['a quote around a megabyte', `a: "${'x'.repeat(million)}`],
  ])('%s end at the first mistake, with a short message', (_, source) => {
    const error = problem(source)
    expect(error.code).toBe('CONFIG_SYNTAX')
    expect(error.message.length).toBeLessThan(400)
  })

  test('64 levels and 20,000 values are still read', () => {
    expect(value(`a: ${'['.repeat(62)}${']'.repeat(62)}`)).toBeTypeOf('object')
    expect(value(`a: [${'1, '.repeat(20_000)}]`)).toMatchObject({ a: { length: 20_000 } })
  })
})
