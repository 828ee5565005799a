import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { Queue } from 'bullmq'
import { Redis } from 'ioredis'

import { removePrefix, uniquePrefix } from '../../support/redis.ts'
import { recoveriesOf } from '../checker/figures.ts'
import type { Effect, Excuse } from '../checker/history.ts'
import { readEffects } from '../checker/read-history.ts'
import { journalFile } from '../fixture/journal.ts'
import { gates } from '../fixture/setting.ts'
import { p95 } from '../random.ts'
import type { BareResult, RowContext } from '../row.ts'
import { until } from '../until.ts'
import type { BareJob, BareWorkerSettings } from './jobs.ts'

const main = fileURLToPath(new URL('worker-main.ts', import.meta.url))
const queueName = 'bare'

/** A bare BullMQ worker in a process of its own. */
export interface BareWorker {
  readonly name: string
  readonly pid: number
  readonly ended: Promise<unknown>
  signal(signal: NodeJS.Signals): void
}

/** How the workers of a fleet are set; what is left out is BullMQ's default. */
export type BareSettings = Omit<Partial<BareWorkerSettings>, 'redis' | 'prefix' | 'queue'>

/** A queue of plain BullMQ with workers to hurt. */
export class BareFleet {
  readonly root: string
  readonly #url: string
  readonly #prefix: string
  readonly #queue: Queue
  readonly #settings: BareSettings
  readonly #context: RowContext
  readonly #excuses: Excuse[] = []
  #jobs = 0
  #workers = 0

  constructor(
    context: RowContext,
    at: { readonly root: string; readonly url: string; readonly prefix: string },
    queue: Queue,
    settings: BareSettings,
  ) {
    this.root = at.root
    this.#url = at.url
    this.#prefix = at.prefix
    this.#queue = queue
    this.#settings = settings
    this.#context = context
  }

  /** Starts a worker, and waits until it claims. */
  async work(
    node: {
      /** Options of Node. */
      readonly execArgv?: readonly string[]
      readonly env?: Readonly<Record<string, string>>
    } = {},
  ): Promise<BareWorker> {
    this.#workers += 1
    const name = `bare-${this.#workers}`
    const settings = {
      concurrency: 1,
      ...this.#settings,
      redis: this.#url,
      prefix: this.#prefix,
      queue: queueName,
    }
    const child = spawn(
      process.execPath,
      ['--conditions=@pipewright/source', ...(node.execArgv ?? []), main, JSON.stringify(settings)],
      {
        cwd: this.root,
        env: { ...process.env, ...node.env, PIPEWRIGHT_TEST_WORKER: name },
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      },
    )
    this.#context.cleanup(() => child.kill('SIGKILL'))
    const ended = once(child, 'exit')
    await Promise.race([once(child, 'message'), ended])
    return { name, pid: child.pid ?? -1, ended, signal: (signal) => void child.kill(signal) }
  }

  /** Adds jobs, to be started `delay` milliseconds later. When it returns, none must be lost any more. */
  async add(job: BareJob, count = 1, delay = 0): Promise<void> {
    const added = { name: job.does, data: job, opts: { delay } }
    await this.#queue.addBulk(Array.from({ length: count }, () => added))
    this.#jobs += count
  }

  /** Kills a worker with SIGKILL. */
  async kill(worker: BareWorker): Promise<void> {
    const from = Date.now()
    worker.signal('SIGKILL')
    await worker.ended
    this.excuse({ kind: 'kill', worker: worker.name, from, to: Date.now() })
  }

  /** Notes a fault that was done. */
  excuse(excuse: Excuse): void {
    this.#excuses.push(excuse)
  }

  /** Lets the jobs that wait at a gate go on. */
  async openGate(gate: string): Promise<void> {
    await writeFile(join(this.root, gates, gate), '')
  }

  /** What jobs wrote down so far. */
  async effects(): Promise<readonly Effect[]> {
    return readEffects(await readFile(join(this.root, journalFile), 'utf8').catch(() => ''))
  }

  /** Jobs that have neither completed nor failed. */
  async open(): Promise<number> {
    const { completed = 0, failed = 0 } = await this.#queue.getJobCounts('completed', 'failed')
    return this.#jobs - completed - failed
  }

  /** Waits until all jobs have ended, as long as `limit` allows, and counts. */
  async result(trials: number, note: string, limit: number): Promise<BareResult> {
    const open = async (): Promise<number> => this.open()
    await until('the bare jobs to end', async () => (await open()) === 0, limit).catch(
      () => undefined,
    )
    const { failed = 0 } = await this.#queue.getJobCounts('failed')
    const effects = await this.effects()
    const finished = new Set<string>()
    let rerunFinished = 0
    for (const { node, what } of effects) {
      if (what === 'ended') finished.add(node)
      else if (what === 'started' && finished.has(node)) rerunFinished += 1
    }
    return {
      trials,
      lost: await open(),
      failedByInfrastructure: failed,
      rerunFinished,
      recoveryP95Ms: p95(recoveriesOf(effects, this.#excuses)),
      note: `${note}; ${this.#jobs} jobs, ${effects.filter(({ what }) => what === 'started').length} starts`,
    }
  }
}

/**
 * Makes one, which goes when its row has ended.
 *
 * @param url Where its workers find Redis. @param own Where the row does, to add jobs and to look. Default: `url`.
 */
export async function openBareFleet(
  context: RowContext,
  settings: BareSettings = {},
  url: string = context.redisUrl,
  own: string = url,
): Promise<BareFleet> {
  const prefix = uniquePrefix('bare')
  const root = await mkdtemp(join(tmpdir(), 'pipewright-bare-'))
  context.cleanup(() => rm(root, { recursive: true, force: true }))
  await mkdir(join(root, gates))
  const redis = new Redis(own, { maxRetriesPerRequest: null })
  redis.on('error', () => undefined)
  const queue = new Queue(queueName, { connection: redis, prefix })
  queue.on('error', () => undefined)
  if (url === context.redisUrl) context.cleanup(() => removePrefix(url, prefix))
  context.cleanup(async () => {
    await queue.close()
    redis.disconnect()
  })
  return new BareFleet(context, { root, url, prefix }, queue, settings)
}

/** How a lease is said in a note. */
export const bareDefaults = 'default settings (lock 30 s, stalled check 30 s, one stall allowed)'
