import { describe, expect, test } from 'vitest'

import { planPrune, type ParentFacts, type PrunePlan, type RecordedArtifact } from './prune-plan.ts'
import { ArtifactSettings } from './settings.ts'
import type { ArtifactNote } from './tags.ts'

/** An artifact of the run `at`, which began at that moment. */
function artifact(at: number, note: Partial<ArtifactNote> = {}, pipeline = 'p'): RecordedArtifact {
  return {
    mlflowRun: `n${at}`,
    parent: `r${at}`,
    run: `run-${at}`,
    pipeline,
    node: 'make',
    startedAt: at,
    note: {
      dataset: 'model',
      path: 'model.json',
      kind: 'value',
      type: 'json',
      bytes: 10,
      content: 'c',
      ...note,
    },
  }
}

function facts(about: Partial<ParentFacts> & { readonly f1?: number } = {}): ParentFacts {
  const { f1, ...rest } = about
  const metrics = new Map(f1 === undefined ? [] : [['evaluate.f1', f1]])
  return { hasEnded: true, protectedBy: undefined, metrics, ...rest }
}

const keepLast = (last: number): object => ({ rules: [{ log: 'always', keep: { last } }] })
const keepBest = (mode: 'max' | 'min'): object => ({
  rules: [{ log: 'always', keep: { best: 2, by: 'evaluate.f1', mode } }],
})

function plan(
  artifacts: readonly RecordedArtifact[],
  settings: object,
  parents: readonly (readonly [string, ParentFacts])[] = [],
): PrunePlan {
  return planPrune(artifacts, new Map(parents), ArtifactSettings.parse(settings))
}

function gone({ removals }: PrunePlan): readonly string[] {
  return removals.map(({ mlflowRun }) => mlflowRun).toSorted()
}

describe('keep last', () => {
  test('counts for each pipeline and dataset apart', () => {
    const artifacts = [
      ...[1, 2, 3].map((at) => artifact(at)),
      ...[4, 5].map((at) => artifact(at, {}, 'other')),
      artifact(6, { dataset: 'table' }),
    ]
    expect(gone(plan(artifacts, keepLast(1)))).toEqual(['n1', 'n2', 'n4'])
  })

  test('neither counts nor removes what runs have that go on', () => {
    const artifacts = [1, 2, 3].map((at) => artifact(at))
    const going = [['r3', facts({ hasEnded: false })]] as const
    expect(gone(plan(artifacts, keepLast(1), going))).toEqual(['n1'])
  })

  test('removes nothing where no rule says so', () => {
    const artifacts = [artifact(1), artifact(2, { type: 'csv' }), artifact(3, { type: 'csv' })]
    expect(gone(plan(artifacts, { rules: [{ log: 'always' }] }))).toEqual([])
    const csv = { rules: [{ type: 'csv', log: 'always', keep: { last: 1 } }] }
    expect(gone(plan(artifacts, csv))).toEqual(['n2'])
  })
})

describe('keep best', () => {
  const parents = [
    ['r1', facts({ f1: 0.5 })],
    ['r2', facts({ f1: 0.9 })],
    ['r3', facts({ f1: Number.NaN })],
    ['r4', facts()],
    ['r5', facts({ f1: 0.5 })],
  ] as const
  const artifacts = [1, 2, 3, 4, 5].map((at) => artifact(at))

  test('keeps the highest, of equal ones the newest, and those without the metric last', () => {
    expect(gone(plan(artifacts, keepBest('max'), parents))).toEqual(['n1', 'n3', 'n4'])
  })

  test('keeps the lowest, where that is better', () => {
    expect(gone(plan(artifacts, keepBest('min'), parents))).toEqual(['n2', 'n3', 'n4'])
  })

  test('keeps all when no run has the metric', () => {
    const { removals, problems } = plan(artifacts, keepBest('max'))
    expect(removals).toEqual([])
    expect(problems).toHaveLength(1)
  })
})

describe('what stays nevertheless', () => {
  test('is what a run links to whose link stays', () => {
    const link = { kind: 'link', path: 'model.json.link.json', holder: 'n1' } as const
    const artifacts = [artifact(1), artifact(2, { content: 'd' }), artifact(3, link)]
    const { removals, kept } = plan(artifacts, keepLast(1))
    expect(removals.map(({ mlflowRun }) => mlflowRun)).toEqual(['n2'])
    expect(kept).toMatchObject([{ mlflowRun: 'n1', why: 'linked from n3' }])
    // once the link goes, so does the content
    expect(gone(plan([...artifacts, artifact(4, { content: 'e' })], keepLast(1)))).toEqual([
      'n1',
      'n2',
      'n3',
    ])
  })

  test('is what belongs to a protected run', () => {
    const parents = [['r1', facts({ protectedBy: 'registered as churn 3' })]] as const
    const { removals, kept } = plan([artifact(1), artifact(2), artifact(3)], keepLast(1), parents)
    expect(removals.map(({ mlflowRun }) => mlflowRun)).toEqual(['n2'])
    expect(kept).toMatchObject([{ mlflowRun: 'n1', why: 'registered as churn 3' }])
  })
})

test('a prune that was interrupted is completed, whatever the rules say now', () => {
  const artifacts = [artifact(1, { pruning: 'not among the last 5' }), artifact(2)]
  const { removals } = plan(artifacts, {})
  expect(removals).toMatchObject([{ mlflowRun: 'n1', why: 'not among the last 5' }])
})
