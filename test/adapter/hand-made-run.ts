import { createHash, randomUUID } from 'node:crypto'

import {
  keys,
  type DatasetReference,
  type Event,
  type NodeFinished,
  type Plan,
  type PlanNode,
} from '@pipewright/engine/internal'
import type { Redis } from 'ioredis'

/** A run that is written to Redis by hand, as the ledger's scripts would. */
export class HandMadeRun {
  readonly id: string
  readonly createdAt: number
  readonly plan: Plan
  readonly params: Readonly<Record<string, unknown>>
  /** Records of the ended nodes, as the ledger holds them. */
  readonly records: NodeFinished[] = []
  readonly #redis: Redis
  readonly #prefix: string

  constructor(
    redis: Redis,
    prefix: string,
    plan: Plan,
    params: Readonly<Record<string, unknown>> = {},
    createdAt = Date.now() - 60_000,
  ) {
    this.#redis = redis
    this.#prefix = prefix
    this.id = randomUUID()
    this.plan = plan
    this.params = params
    this.createdAt = createdAt
  }

  /** Writes plan, header and the first event. */
  async submit(tags: Readonly<Record<string, string>> = {}): Promise<void> {
    const json = JSON.stringify(this.plan)
    const hash = createHash('sha256').update(json).digest('hex')
    await this.#redis.hset(keys.plan(this.#prefix, hash), { json })
    await this.#redis.hset(keys.run(this.#prefix, this.id), {
      id: this.id,
      pipeline: this.plan.pipeline,
      plan: hash,
      status: 'running',
      params: JSON.stringify(this.params),
      tags: JSON.stringify(tags),
      env: 'local',
      createdAt: this.createdAt,
      total: this.plan.nodes.length,
    })
    await this.#redis.zadd(keys.activeRuns(this.#prefix), this.createdAt, this.id)
    await this.say({
      type: 'run_created',
      run: this.id,
      pipeline: this.plan.pipeline,
      plan: hash,
      at: this.createdAt,
    })
  }

  /** Appends an event to the outbox. */
  async say(event: Event): Promise<string | null> {
    return this.#redis.xadd(keys.outbox(this.#prefix), '*', 'e', JSON.stringify(event))
  }

  /** Ends a node: its record goes to the ledger, its event to the outbox. */
  async end(
    name: string,
    details: Partial<Omit<NodeFinished, 'type' | 'run' | 'node' | 'index'>> = {},
    values: readonly DatasetReference[] = [],
  ): Promise<NodeFinished> {
    const record: NodeFinished = {
      type: 'node_finished',
      ...this.at(name),
      startedAt: this.createdAt + 1000,
      endedAt: this.createdAt + 2000,
      worker: 'worker-1',
      metrics: [],
      status: 'succeeded',
      outputs: values.map(({ inline: _inline, ...reference }) => reference),
      finalMetrics: {},
      ...details,
    }
    this.records.push(record)
    await this.#redis.hset(
      keys.nodes(this.#prefix, this.id),
      String(record.index),
      JSON.stringify(record),
    )
    for (const value of values)
      await this.#redis.hset(keys.data(this.#prefix, this.id), value.dataset, JSON.stringify(value))
    await this.say(record)
    return record
  }

  /** Ends the run. */
  async finish(
    status: 'succeeded' | 'failed' | 'cancelled',
    at: number = this.createdAt + 30_000,
  ): Promise<void> {
    await this.#redis.hset(keys.run(this.#prefix, this.id), { status, endedAt: at })
    await this.#redis.zrem(keys.activeRuns(this.#prefix), this.id)
    await this.#redis.zadd(keys.finishedRuns(this.#prefix), at, this.id)
    await this.say({ type: 'run_finished', run: this.id, status, at })
  }

  /** Run, node, index and attempt of an event. */
  at(name: string, attempt = 1): { run: string; node: string; index: number; attempt: number } {
    const index = this.plan.nodes.findIndex((node) => node.name === name)
    return { run: this.id, node: name, index, attempt }
  }
}

/** A plan of nodes `name: [inputs] -> [outputs]` with params. */
export function handMadePlan(
  pipeline: string,
  nodes: readonly (Pick<PlanNode, 'name'> & Partial<PlanNode>)[],
  metrics: readonly string[] = [],
): Plan {
  const made = new Map(
    nodes.flatMap((node, index) =>
      Object.values(node.outputs ?? {}).map((dataset) => [dataset, index] as const),
    ),
  )
  const full = nodes.map((node): PlanNode => {
    const producers = Object.values(node.inputs ?? {}).flatMap((dataset) => made.get(dataset) ?? [])
    return {
      queue: 'default',
      isolation: 'thread',
      retry: { retries: 3, type: 'fixed', delay: 1000, maxDelay: 1000, jitter: 0 },
      timeout: null,
      tags: [],
      inputs: {},
      outputs: {},
      params: {},
      producers: [...new Set(producers)].toSorted((a, b) => a - b),
      dependents: [],
      fingerprint: '0123456789abcdef',
      ...node,
    }
  })
  return {
    version: 1,
    pipeline,
    nodes: full,
    inputs: [],
    outputs: [],
    metrics: [...metrics],
    tags: {},
  }
}

/** A value of a dataset that is small enough for the ledger. */
export function inlineValue(dataset: string, value: unknown): DatasetReference {
  const inline = JSON.stringify(value)
  return {
    dataset,
    format: 'json',
    bytes: Buffer.byteLength(inline),
    sha256: createHash('sha256').update(inline).digest('hex'),
    inline,
  }
}
