import { expect, it } from 'vitest'

import { runName } from './run-name.ts'

const run = {
  id: '0192',
  pipeline: 'training',
  env: 'prod',
  createdAt: Date.UTC(2026, 10, 23, 9, 5),
  params: { asOf: '2015-12-31', 'train.epochs': 50, grid: { depth: 3 } },
  tags: { team: 'weather' },
}

it('a run is called after its pipeline, or as the settings say', () => {
  expect(runName({}, run)).toBe('training')
  expect(runName({ runName: 'nightly' }, run)).toBe('nightly')
})

it('a random name is the run’s own and stays the same', () => {
  const name = runName({ runName: 'exp ${km.random_name:}' }, run)
  expect(name).toMatch(/^exp [a-z]+-[a-z]+-\d{1,3}$/)
  expect(runName({ runName: 'exp ${km.random_name:}' }, run)).toBe(name)
  expect(runName({ runName: 'exp ${km.random_name:}' }, { ...run, id: '0193' })).not.toBe(name)
})

it.each([
  ['{pipeline} {params.asOf}', 'training 2015-12-31'],
  ['{date} {time} {env}', '2026-11-23 09:05 prod'],
  ['{params.train.epochs} epochs of {tags.team}', '50 epochs of weather'],
  ['{params.grid}', '{"depth":3}'],
  ['{params.unknown} {constructor}', '{params.unknown} {constructor}'],
])('%s makes %s', (name, made) => {
  expect(runName({ runName: name }, run)).toBe(made)
})
