import { readFileSync } from 'node:fs'

import { expect, onTestFinished, test } from 'vitest'

import { setup, start } from './fixture/attempts.ts'
import type { Isolate } from './isolate.ts'
import { processIsolate } from './process-isolate.ts'

function open(processes: number): Isolate {
  const isolate = processIsolate(setup, { processes, onOutput: () => {} })
  onTestFinished(() => isolate.close())
  return isolate
}

test('each process runs one attempt at a time, so the end of one takes no other with it', async () => {
  const isolate = open(2)
  const neighbour = start(isolate, 'bystander')
  const guilty = start(isolate, 'heedless')
  await Promise.all([neighbour.logged('started'), guilty.logged('started')])
  await guilty.terminate(new Error('too long'))
  expect(await guilty.result).toMatchObject({ type: 'failed' })
  neighbour.abort(new Error('that is all'))
  expect(await neighbour.result).toMatchObject({
    type: 'failed',
    failure: { message: 'that is all' },
  })
})

test('a process that dies of a signal is named, and replaced', async () => {
  const isolate = open(1)
  expect(await start(isolate, 'killed').result).toMatchObject({
    type: 'failed',
    retryable: true,
    failure: {
      code: 'ISOLATE_CRASHED',
      message: 'The process was ended by SIGSEGV, while it ran node "killed".',
    },
  })
  expect(await start(isolate, 'prints').result).toMatchObject({ type: 'succeeded' })
})

test('a process that runs out of memory is named', async () => {
  const before = process.env['NODE_OPTIONS'] ?? ''
  process.env['NODE_OPTIONS'] = `${before} --max-old-space-size=48`
  onTestFinished(() => {
    process.env['NODE_OPTIONS'] = before
  })
  const result = await start(open(1), 'swells').result
  expect(result).toMatchObject({ type: 'failed', failure: { code: 'ISOLATE_CRASHED' } })
  expect(result.type === 'failed' && result.failure.message).toContain('ran out of memory')
})

test('a process that writes on its channel is ended and named, and its worker goes on', async () => {
  const isolate = open(1)
  const result = await start(isolate, 'babbles').result
  expect(result).toMatchObject({ type: 'failed', failure: { code: 'ISOLATE_CRASHED' } })
  expect(result.type === 'failed' && result.failure.message).toContain('what is no message')
  expect(await start(isolate, 'prints').result).toMatchObject({ type: 'succeeded' })
})

test('what a body has started ends with its process, also when the body ends it', async () => {
  const attempt = start(open(1), 'forks')
  expect(await attempt.result).toMatchObject({ type: 'failed' })
  const started = Number(attempt.logs[0]?.[1])
  expect(started).toBeGreaterThan(0)
  await expect.poll(() => isAlive(started), { timeout: 5000 }).toBe(false)
})

test('attempts beyond the number of processes wait for one', async () => {
  const isolate = open(1)
  const attempts = [1, 2, 3].map((attempt) => start(isolate, 'prints', { attempt }))
  for (const attempt of attempts) {
    expect(await attempt.result).toMatchObject({ type: 'succeeded' })
    expect(attempt.logs).toHaveLength(2)
  }
})

test('closing ends the processes and loses what runs', async () => {
  const isolate = open(1)
  const attempt = start(isolate, 'bystander')
  await attempt.logged('started')
  await isolate.close()
  expect(await attempt.result).toMatchObject({ type: 'lost', reason: { code: 'ISOLATE_LOST' } })
})

/** False for one that has ended and that nobody has collected yet. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
