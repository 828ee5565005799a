import { join } from 'node:path'

import { connect, type Client } from '@pipewright/engine/client'
import type { Redis } from 'ioredis'

import type { Contestant } from './contestant.ts'
import { pipewrightContestants } from './pipewright-contestants.ts'
import { queueContestants } from './queue-contestants.ts'
import { WorkerProcess } from './worker-process.ts'

const root = join(import.meta.dirname, '../projects/measured')

/** The worker processes of a measurement, one for each isolation and concurrency, and what is measured on them. */
export class Fleet {
  readonly #url: string
  readonly #redis: Redis
  readonly #nodeOptions: readonly string[]
  readonly #workers: WorkerProcess[] = []
  readonly #clients: Client[] = []

  /** @param profile Folder for CPU profiles of the worker processes. Default: none. */
  constructor({ url, redis }: { readonly url: string; readonly redis: Redis }, profile?: string) {
    this.#url = url
    this.#redis = redis
    this.#nodeOptions = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  }

  /** Starts a bare BullMQ worker. */
  async bullmq(concurrency: number, flows: boolean): Promise<readonly Contestant[]> {
    const prefix = `{bullmq-${concurrency}}`
    const worker = await this.#start('queue-main', prefix, concurrency)
    return queueContestants({ redis: this.#redis, worker, prefix, concurrency }, flows)
  }

  /** Starts the shipped worker for nodes of one isolation. */
  async pipewright(
    isolation: 'inline' | 'thread',
    concurrency: number,
    shapes: readonly string[],
  ): Promise<readonly Contestant[]> {
    const prefix = `{${isolation}-${concurrency}}`
    const worker = await this.#start('pipewright-main', prefix, concurrency)
    const client = await connect({ redis: this.#url, prefix })
    this.#clients.push(client)
    return pipewrightContestants(
      { redis: this.#redis, client, worker, prefix, concurrency, isolation },
      shapes,
    )
  }

  /** Ends all workers. */
  async stop(): Promise<void> {
    await Promise.all(this.#clients.splice(0).map(async (client) => client.close()))
    await Promise.all(this.#workers.splice(0).map(async (worker) => worker.stop()))
  }

  async #start(
    program: 'queue-main' | 'pipewright-main',
    prefix: string,
    concurrency: number,
  ): Promise<WorkerProcess> {
    const setup = { redis: this.#url, prefix, concurrency, root }
    const worker = await WorkerProcess.start(program, setup, this.#nodeOptions)
    this.#workers.push(worker)
    return worker
  }
}
