import { describe, expect, test } from 'vitest'

import { ArtifactsSchema } from './artifacts-schema.ts'

function problemOf(artifacts: object): string | undefined {
  return ArtifactsSchema.safeParse(artifacts).error?.issues[0]?.message
}

describe('artifacts of mlflow.yml', () => {
  test('upload nothing where nothing is said', () => {
    expect(ArtifactsSchema.parse(undefined)).toEqual({
      default: { log: 'never' },
      rules: [],
      datasets: [],
      max_bytes: 50_000_000,
      link_from: 4096,
    })
  })

  test('take sizes as people write them', () => {
    const { rules, max_bytes } = ArtifactsSchema.parse({
      max_bytes: '2 GiB',
      rules: [
        { size: '> 100MB', log: 'summary' },
        { size: '<=1.5kB', log: 'always', max_bytes: 10, keep: { last: '3' } },
        { size: '< 10', log: 'never', keep: { best: 2, by: 'evaluate.f1' } },
      ],
    })
    expect(max_bytes).toBe(2 ** 31)
    expect(rules.map(({ size }) => size)).toEqual([
      { least: 100_000_001, most: Infinity },
      { least: 0, most: 1500 },
      { least: 0, most: 9 },
    ])
    expect(rules.map(({ keep }) => keep)).toEqual([
      undefined,
      { last: 3 },
      { best: 2, by: 'evaluate.f1', mode: 'max' },
    ])
  })

  test.each([
    [{ max_bytes: '5 megabytes' }, 'Expected a size such as 500kB, 5MB or 2GiB.'],
    [{ rules: [{ log: 'always', size: '100MB' }] }, "Expected a comparison such as '> 100MB'."],
    [
      { rules: [{ log: 'always', keep: { best: 3 } }] },
      "Expected '{ last: 5 }', or '{ best: 3, by: node.metric }'.",
    ],
    [
      { rules: [{ log: 'always', keep: { last: 1, best: 3, by: 'a.b' } }] },
      "Expected '{ last: 5 }', or '{ best: 3, by: node.metric }'.",
    ],
    [{ default: { log: 'sometimes' } }, expect.stringContaining('on_failure')],
    [{ rules: [{ dataset: 'x' }] }, expect.any(String)],
  ])('%j is refused', (artifacts, message) => {
    expect(problemOf(artifacts)).toEqual(message)
  })
})
