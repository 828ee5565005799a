import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  dataset,
  defineProject,
  node,
  pipeline,
  type Backoff,
  type Pipeline,
} from '@pipewright/engine'
import {
  connect,
  type Client,
  type DurabilityMode,
  type RunHandle,
} from '@pipewright/engine/client'
import {
  DatasetStore,
  Event,
  keys,
  Ledger,
  openRedis,
  openStorage,
  type Catalog,
} from '@pipewright/engine/internal'
import {
  openIsolates,
  startWorkerOn,
  type Worker,
  type WorkerOnOptions,
  type WorkerSettings,
} from '@pipewright/worker'
import type { Redis } from 'ioredis'
import { onTestFinished, type TestContext } from 'vitest'
import * as z from 'zod'

import { sharedRedisUrl, uniquePrefix } from './redis.ts'

/** A ledger of one test with everything around it; it goes when the test has finished. */
export interface Workbench {
  readonly url: string
  readonly prefix: string
  readonly root: string
  readonly redis: Redis
  readonly ledger: Ledger
  readonly client: Client
  /** Starts a worker in this process that runs its nodes inline. */
  work(
    settings?: WorkerSettings &
      Pick<WorkerOnOptions, 'publications' | 'schedules' | 'pipelines' | 'code'> &
      Partial<Pick<WorkerOnOptions, 'store'>>,
  ): Promise<Worker>
  /** All events of the outbox. */
  events(): Promise<readonly Event[]>
}

/** Options of `workbench`. */
export interface WorkbenchOptions {
  readonly pipelines: readonly Pipeline[]
  readonly catalog?: Catalog
  /** Content of `parameters.yml`; with it, workers publish the pipelines. Default: they do not. */
  readonly configured?: Readonly<Record<string, unknown>>
  /** Default: the Redis that all tests share. */
  readonly url?: string
  /** Of the client. Default `default`. */
  readonly durability?: DurabilityMode
  /** Of the test that has it, where tests of a file run at once. */
  readonly context?: Pick<TestContext, 'onTestFinished'>
}

/** Opens a ledger under a prefix of its own. */
export async function workbench({
  pipelines,
  catalog = {},
  configured,
  url = sharedRedisUrl(),
  durability = 'default',
  context = { onTestFinished },
}: WorkbenchOptions): Promise<Workbench> {
  const prefix = uniquePrefix('durability')
  const root = await mkdtemp(join(tmpdir(), 'pipewright-'))
  const redis = openRedis(url, 'wait')
  const client = await connect({ redis: url, prefix, durability })
  const store = new DatasetStore({ catalog, root, storage: openStorage('store', root) })
  const loaded = { project: defineProject({ pipelines }), store }
  const workers: Worker[] = []
  context.onTestFinished(async () => {
    await Promise.all(workers.map(async (worker) => worker.stop({ grace: 0 })))
    await client.close()
    redis.disconnect()
    await rm(root, { recursive: true, force: true })
  })
  return {
    url,
    prefix,
    root,
    redis,
    client,
    ledger: new Ledger(redis, prefix),
    async work(settings = {}) {
      const opened = openIsolates({ root }, { loaded })
      // Bodies are functions of the test, so none can run in a process of its own.
      const isolates = { of: () => opened.of('inline'), close: async () => opened.close() }
      const worker = await startWorkerOn({
        redis: url,
        prefix,
        log: 'silent',
        isolates,
        store,
        ...(configured && { publications: { pipelines, configured, env: 'local' } }),
        ...settings,
      })
      workers.push(worker)
      return worker
    },
    async events() {
      const entries = await redis.xrange(keys.outbox(prefix), '-', '+')
      return entries.map(([, fields]) => Event.parse(JSON.parse(fields[1] ?? '')))
    },
  }
}

const Count = z.object({ count: z.number() })

/** How a body of `shape` behaves at its n-th call; the first is 1. */
export type Behaviour = (call: number) => Promise<void> | void

/** A pipeline for tests of the ledger, and how often each of its bodies was called. */
export interface Shape {
  readonly pipeline: Pipeline
  readonly calls: Record<string, number>
}

/** Makes a pipeline from node names and the names of the nodes that each reads. Each node adds up its inputs and one. */
export function shape(
  name: string,
  graph: Readonly<Record<string, readonly string[]>>,
  behaviours: Readonly<Record<string, Behaviour>> = {},
  settings: Readonly<
    Record<string, { retries?: number; queue?: string; timeout?: number; backoff?: Backoff }>
  > = {},
): Shape {
  const calls: Record<string, number> = {}
  const datasets = Object.fromEntries(
    Object.keys(graph).map((each) => {
      const name: string = `${each}_out`
      return [each, dataset(name, Count)]
    }),
  )
  const nodes = Object.entries(graph).map(([each, producers]) => {
    const out = datasets[each]
    if (out === undefined) throw new Error(`no dataset for ${each}`)
    const inputs = Object.fromEntries(
      producers.flatMap((producer) => {
        const found = datasets[producer]
        return found === undefined ? [] : [[producer, found]]
      }),
    )
    return node({
      name: each,
      inputs,
      outputs: { out },
      isolation: 'inline',
      backoff: { delay: 5, jitter: 0 },
      ...settings[each],
      async run(values) {
        const call = (calls[each] ?? 0) + 1
        calls[each] = call
        await behaviours[each]?.(call)
        const sum = Object.values(values).reduce((total, { count }) => total + count, 0)
        return { out: { count: sum + 1 } }
      },
    })
  })
  return { pipeline: pipeline(name, nodes), calls }
}

/** Status of each node run by name. */
export async function statusesOf(run: RunHandle): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries((await run.nodes()).map(({ node: name, status }) => [name, status]))
}

/** The value of a node's dataset in a run. */
export async function countOf(run: RunHandle, name: string): Promise<number | undefined> {
  const reference = await run.reference(`${name}_out`)
  return reference?.inline === undefined
    ? undefined
    : Count.parse(JSON.parse(reference.inline)).count
}
