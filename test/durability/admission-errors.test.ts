import { dataset, node, pipeline, type Pipeline } from '@pipewright/engine'
import type { RunHandle } from '@pipewright/engine/client'
import { keys, type Event, type ScriptName } from '@pipewright/engine/internal'
import { afterAll, describe, expect, it } from 'vitest'
import * as z from 'zod'

import { arm, disarm, installFaults, removeFaults } from '../support/script-fault.ts'
import { workbench, type Workbench } from '../support/workbench.ts'

const Empty = z.object({})

/** One run at a time; of its first node one at a time, tried twice. */
function subject(): { readonly pipeline: Pipeline; readonly calls: Record<string, number> } {
  const calls: Record<string, number> = {}
  const failed = new Set<string>()
  const first = dataset('first', Empty)
  const last = dataset('last', Empty)
  const count = (name: string): void => {
    calls[name] = (calls[name] ?? 0) + 1
  }
  const begin = node({
    name: 'begin',
    inputs: {},
    outputs: { first },
    concurrency: 1,
    retries: 1,
    backoff: { delay: 1, jitter: 0 },
    isolation: 'inline',
    run(_inputs, { runId }) {
      count('begin')
      if (failed.has(runId)) return { first: {} }
      failed.add(runId)
      throw new Error('once')
    },
  })
  const end = node({
    name: 'end',
    inputs: { first },
    outputs: { last },
    isolation: 'inline',
    run() {
      count('end')
      return { last: {} }
    },
  })
  return { pipeline: pipeline('limited', [begin, end], { concurrency: 1 }), calls }
}

function what(event: Event): string {
  const attempt = 'attempt' in event ? `${event.node} ${event.attempt}` : ''
  return `${event.run} ${event.type} ${attempt}`
}

/** Enqueues three runs of different priorities; a caller sends again what an error has cut. */
async function enqueueAll(
  bench: Workbench,
  subject: Pipeline,
  write: number,
): Promise<readonly RunHandle[]> {
  const runs: RunHandle[] = []
  for (const priority of [0, 1, -1]) {
    const options = { priority, key: `${write} ${priority}` }
    const run = await bench.client
      .enqueue(subject, options)
      .catch(async () => bench.client.enqueue(subject, options))
    runs.push(run)
  }
  return runs
}

describe('an error at any write of a script', () => {
  afterAll(() => removeFaults())

  it.each<ScriptName>(['submit', 'settle', 'claim', 'advance'])(
    'of %s leaves nobody waiting where limits and priorities hold, and no limit held',
    { timeout: 240_000 },
    async (script) => {
      const { pipeline: limited, calls } = subject()
      const bench = await workbench({ pipelines: [limited] })
      installFaults(bench.prefix)
      const lease = script === 'claim' ? 400 : 60_000
      await bench.work({ lease, checkEvery: 100, concurrency: 2 })
      for (let write = 1, struck = true; struck; write += 1) {
        for (const name of Object.keys(calls)) calls[name] = 0
        await arm(bench.redis, bench.prefix, script, write)
        const runs = await enqueueAll(bench, limited, write)
        for (const run of runs) {
          const { status } = await run.wait({ timeout: 20_000 }).catch((error: unknown) => {
            throw new Error(`write ${write} of ${script}`, { cause: error })
          })
          expect(status).toBe('succeeded')
        }
        struck = !(await disarm(bench.redis, bench.prefix, script))
        expect(calls, `write ${write} of ${script}`).toEqual({ begin: 6, end: 3 })
      }
      const told = (await bench.events()).map((event) => what(event)).toSorted()
      expect(told).toEqual([...new Set(told)])
      const left = async (): Promise<number> =>
        bench.redis.exists(
          keys.waits(bench.prefix),
          keys.held(bench.prefix, 'pipeline/limited'),
          keys.held(bench.prefix, 'node/limited/begin'),
          keys.activeRuns(bench.prefix),
        )
      await expect.poll(left, { timeout: 10_000 }).toBe(0)
    },
  )
})
