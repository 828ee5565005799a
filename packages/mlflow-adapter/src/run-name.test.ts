import { expect, it } from 'vitest'

import { runName } from './run-name.ts'

const run = { id: '0192', pipeline: 'training' }

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
