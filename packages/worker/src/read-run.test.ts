import type { Redis } from 'ioredis'
import { expect, test } from 'vitest'

import { runReader } from './read-run.ts'

/** The header of a run whose plan is named as the run. */
async function hmget(key: string): Promise<string[]> {
  return Promise.resolve(['pipeline', key.split(':').at(-1) ?? '', '{}'])
}

/** Answers as Redis does where each run follows a plan of its own; counts how often each plan is read. */
function answers(read: Map<string, number>): Redis {
  const hget = async (key: string): Promise<string> => {
    read.set(key, (read.get(key) ?? 0) + 1)
    return Promise.resolve('{"nodes":[]}')
  }
  // The reader calls no more of it than these two.
  return { hmget, hget } as unknown as Redis
}

test('the plans that were used last are kept, and no more of them', async () => {
  const read = new Map<string, number>()
  const reader = runReader(answers(read), '{pw}')
  await reader('busy')
  for (let run = 0; run < 500; run += 1) {
    // oxlint-disable-next-line no-await-in-loop -- their order counts
    await reader(`r${run}`)
    // oxlint-disable-next-line no-await-in-loop
    await reader('busy')
  }
  await reader('r0')
  expect(read.get('{pw}:plan:busy')).toBe(1)
  expect(read.get('{pw}:plan:r0')).toBe(2)
  expect(read.get('{pw}:plan:r499')).toBe(1)
})
