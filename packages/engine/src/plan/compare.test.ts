import { describe, expect, it } from 'vitest'

import { compareNodes, type NodeBasis } from './compare.ts'
import { differenceText } from './difference-text.ts'

const basis: NodeBasis = {
  code: { fingerprint: 'a1', files: { 'pipelines/training.ts': '11', 'lib/fit.ts': '22' } },
  params: { 'train.epochs': 20, seed: null },
  inputs: { days: { sha256: 'aa'.repeat(32), path: '/data/days.csv' } },
  outputs: { model: 'json' },
}

const changed = (other: Partial<NodeBasis>): readonly string[] =>
  compareNodes(basis, { ...basis, ...other }).map(differenceText)

describe('two node runs of one node', () => {
  it('have no difference when they are made from the same', () => {
    expect(changed({})).toEqual([])
    expect(changed({ params: { seed: null, 'train.epochs': 20 } })).toEqual([])
  })

  it('differ in the files of their code, by name', () => {
    const files = { 'pipelines/training.ts': '11', 'lib/fit.ts': '33', 'lib/more.ts': '44' }
    expect(changed({ code: { fingerprint: 'a2', files } })).toEqual([
      'code: lib/fit.ts changed, lib/more.ts added',
    ])
    expect(changed({ code: { fingerprint: 'a2', files: { 'lib/fit.ts': '22' } } })).toEqual([
      'code: pipelines/training.ts removed',
    ])
  })

  it('differ in more files than a line has room for', () => {
    const files = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, '1']))
    expect(
      changed({ code: { fingerprint: 'a2', files: { ...basis.code?.files, ...files } } }),
    ).toEqual(['code: a added, b added, c added, and 2 more'])
  })

  it('differ in their function alone, where no file does', () => {
    expect(changed({ code: { fingerprint: 'a2', files: basis.code?.files } })).toEqual([
      'code: the function changed',
    ])
  })

  it('differ in code whose files are not known', () => {
    expect(changed({ code: { fingerprint: 'a2' } })).toEqual([
      'code: changed (its files are not known any more)',
    ])
  })

  it('differ in the version that stands for the code', () => {
    expect(changed({ code: { fingerprint: 'a2', version: '2' } })).toEqual([
      'version: (not set) → "2"',
    ])
  })

  it('differ in params that were set, changed and left out', () => {
    expect(changed({ params: { 'train.epochs': 50, rate: 0.1 } })).toEqual([
      'param rate: (not set) → 0.1',
      'param seed: null → (not set)',
      'param train.epochs: 20 → 50',
    ])
  })

  it('differ in inputs of the catalog and of other nodes', () => {
    const now = { sha256: 'bb'.repeat(32) }
    expect(changed({ inputs: { days: { ...now, path: '/data/days.csv' } } })).toEqual([
      'input days (/data/days.csv): aaaaaaaaaaaa → bbbbbbbbbbbb',
    ])
    expect(changed({ inputs: { days: { ...now, madeBy: 'clean' } } })).toEqual([
      'input days (of clean): aaaaaaaaaaaa → bbbbbbbbbbbb',
    ])
    expect(changed({ inputs: { rows: now } })).toEqual([
      'input days: not read any more',
      'input rows: not read before',
    ])
  })

  it('differ in what they make, and how it is kept', () => {
    expect(changed({ outputs: { model: 'parquet' } })).toEqual(['output model: json → parquet'])
    expect(changed({ outputs: { report: undefined } })).toEqual([
      'output model: not made any more',
      'output report: not made before',
    ])
  })

  it('are not compared in what is not known of one of them', () => {
    expect(
      changed({ code: undefined, inputs: { days: undefined }, outputs: { model: undefined } }),
    ).toEqual([])
  })
})
