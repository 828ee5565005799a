import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test, vi } from 'vitest'

import { setup, start } from './fixture/attempts.ts'
import type { Isolate } from './isolate.ts'
import { threadIsolate, type ThreadOptions } from './thread-isolate.ts'

const folder = mkdtempSync(join(tmpdir(), 'pipewright-threads-'))

/** Both generations: with a young one larger than what Node leaves for the end, V8 aborts the whole process instead. */
const smallHeap = { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 4 }

function open(options: Partial<ThreadOptions> = {}): Isolate {
  const isolate = threadIsolate(setup, {
    threads: 1,
    mostThreads: 1,
    onOutput: () => {},
    ...options,
  })
  onTestFinished(() => isolate.close())
  return isolate
}

test('an attempt that is terminated fails, and its neighbours are lost, not failed', async () => {
  const isolate = open()
  const guilty = start(isolate, 'heedless')
  const neighbour = start(isolate, 'bystander')
  await Promise.all([guilty.logged('started'), neighbour.logged('started')])
  await guilty.terminate(new Error('too long'))
  expect(await guilty.result).toMatchObject({ type: 'failed', failure: { message: 'too long' } })
  expect(await neighbour.result).toEqual({
    type: 'lost',
    reason: expect.objectContaining({
      code: 'ISOLATE_LOST',
      message: expect.stringContaining('of node "heedless", had to be stopped'),
    }),
  })
})

test('what had not begun when its thread was ended runs elsewhere, once', async () => {
  const isolate = open()
  const loop = start(isolate, 'loops', { params: { 'loops.until': join(folder, 'never') } })
  await loop.logged('started')
  const file = join(folder, 'touched')
  const behind = start(isolate, 'touches', { params: { 'touches.file': file } })
  await loop.terminate(new Error('too long'))
  expect(await loop.result).toMatchObject({ type: 'failed' })
  expect(await behind.result).toMatchObject({ type: 'succeeded' })
  expect(readFileSync(file, 'utf8')).toBe('1\n')
})

test('an attempt that waits for a thread can be terminated without ending one', async () => {
  const isolate = open()
  const end = join(folder, 'end-of-wait')
  const loop = start(isolate, 'loops', { params: { 'loops.until': end } })
  await loop.logged('started')
  const file = join(folder, 'untouched')
  const waiting = start(isolate, 'touches', { params: { 'touches.file': file } })
  await waiting.terminate(new Error('too late'))
  expect(await waiting.result).toMatchObject({ type: 'failed', failure: { message: 'too late' } })
  writeFileSync(end, '')
  expect(await loop.result).toMatchObject({ type: 'succeeded' })
  expect(existsSync(file)).toBe(false)
})

test('beyond its usual threads a pool starts others for what synchronous loops hold up', async () => {
  const isolate = open({ threads: 1, mostThreads: 3 })
  const end = join(folder, 'end-of-two')
  const loops = [1, 2].map(() => start(isolate, 'loops', { params: { 'loops.until': end } }))
  await Promise.all(loops.map((loop) => loop.logged('started')))
  expect(await start(isolate, 'prints').result).toMatchObject({ type: 'succeeded' })
  writeFileSync(end, '')
  for (const loop of loops) expect(await loop.result).toMatchObject({ type: 'succeeded' })
})

test.each(['exits', 'rejects', 'throws-late'])(
  '%s: of several attempts in a thread, the one whose code ends it is blamed',
  async (pipeline) => {
    const isolate = open()
    const neighbour = start(isolate, 'bystander')
    await neighbour.logged('started')
    const guilty = start(isolate, pipeline)
    expect(await guilty.result).toMatchObject({
      type: 'failed',
      failure: { code: 'ISOLATE_CRASHED' },
    })
    expect(await neighbour.result).toMatchObject({
      type: 'lost',
      reason: { code: 'ISOLATE_LOST' },
    })
  },
)

test('a thread that runs out of memory is named, and replaced', async () => {
  const isolate = open({ resourceLimits: smallHeap })
  expect(await start(isolate, 'swells').result).toMatchObject({
    type: 'failed',
    retryable: true,
    failure: {
      code: 'ISOLATE_CRASHED',
      message: 'The thread ran out of memory, while it ran node "swells".',
    },
  })
  expect(await start(isolate, 'prints').result).toMatchObject({ type: 'succeeded' })
})

test('when a thread with several attempts runs out of memory, none is blamed', async () => {
  const isolate = open({ resourceLimits: smallHeap })
  const neighbour = start(isolate, 'bystander')
  await neighbour.logged('started')
  expect(await start(isolate, 'swells').result).toMatchObject({ type: 'lost' })
  expect(await neighbour.result).toMatchObject({ type: 'lost' })
})

test('closing loses what runs and what waits, and later attempts too', async () => {
  const isolate = open()
  const running = start(isolate, 'bystander')
  await running.logged('started')
  const begun = start(isolate, 'heedless')
  await isolate.close()
  expect(await running.result).toMatchObject({ type: 'lost', reason: { code: 'ISOLATE_LOST' } })
  expect(await begun.result).toMatchObject({ type: 'lost' })
  expect(await start(isolate, 'prints').result).toMatchObject({ type: 'lost' })
})

test('a project that cannot be loaded fails its attempts with the reason', async () => {
  const isolate = threadIsolate(
    { root: folder, env: 'nowhere' },
    { threads: 1, onOutput: () => {} },
  )
  onTestFinished(() => isolate.close())
  const attempts = [start(isolate, 'works'), start(isolate, 'works')]
  for (const attempt of attempts) {
    expect(await attempt.result).toMatchObject({
      type: 'failed',
      retryable: true,
      failure: { code: 'PROJECT_NOT_FOUND' },
    })
  }
})

test('a thread that was warmed loads the project before the first attempt', async () => {
  const root = mkdtempSync(join(folder, 'warmed-'))
  const loaded = join(root, 'loaded')
  const code = `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(loaded)}, '')\n`
  writeFileSync(join(root, 'pipewright.config.ts'), code)
  const isolate = threadIsolate({ root }, { threads: 1, onOutput: () => {} })
  onTestFinished(() => isolate.close())
  isolate.warm?.()
  await vi.waitFor(() => expect(existsSync(loaded)).toBe(true), { timeout: 15_000 })
})
