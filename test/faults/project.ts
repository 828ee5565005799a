import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Pipeline } from '@pipewright/engine'
import { connect, type Client, type RunHandle } from '@pipewright/engine/client'
import { keys, type DurabilityOptions } from '@pipewright/engine/internal'
import { Redis } from 'ioredis'

import type { ProjectWorkerOptions } from '../support/projects.ts'
import { removePrefix, uniquePrefix } from '../support/redis.ts'
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts'
import { check, type Violation } from './checker/check.ts'
import { figuresOf, type Figures } from './checker/figures.ts'
import type { Effect, Excuse, History, TrackedRun } from './checker/history.ts'
import { readEffects, readHistory } from './checker/read-history.ts'
import { journalFile } from './fixture/journal.ts'
import { gates } from './fixture/setting.ts'
import { recordAfterwards } from './record-afterwards.ts'
import type { RowContext } from './row.ts'

/** Options of `openFaultProject`. */
export interface FaultProjectOptions {
  /** Default: the Redis that rows share. */
  readonly url?: string
  /** Where the row itself looks, past what is done to the network. Default: `url`. */
  readonly direct?: string
  /** Of every worker, unless it says otherwise. */
  readonly worker?: ProjectWorkerOptions
  /** When enqueues count as done. Workers have a setting of their own. */
  readonly durability?: DurabilityOptions
}

/** What `FaultProject.check` found. */
export interface Checked {
  readonly history: History
  readonly violations: readonly Violation[]
  readonly figures: Figures
  /** The first violations, for the notes of a row. */
  readonly notes: readonly string[]
}

const longestList = 8

/** A ledger of a row's own, with workers to hurt, and the faults that were done to them. */
export class FaultProject {
  readonly root: string
  readonly url: string
  readonly prefix: string
  readonly client: Client
  readonly redis: Redis
  readonly #excuses: {
    kind: Excuse['kind']
    worker?: string | undefined
    from: number
    to: number
  }[] = []
  readonly #acknowledged = new Map<string, { handle: RunHandle; cancelledAt?: number }>()
  readonly #forgotten = new Set<string>()
  readonly #defaults: ProjectWorkerOptions
  readonly #context: RowContext
  #started = 0

  constructor(
    context: RowContext,
    parts: Pick<FaultProject, 'root' | 'url' | 'prefix' | 'client' | 'redis'>,
    defaults: ProjectWorkerOptions,
  ) {
    this.root = parts.root
    this.url = parts.url
    this.prefix = parts.prefix
    this.client = parts.client
    this.redis = parts.redis
    this.#context = context
    this.#defaults = defaults
  }

  /**
   * Starts a worker process, and waits until it claims. Names are never used twice.
   *
   * @param root Of another checkout of the project. Default: the project's own.
   */
  async work(options: ProjectWorkerOptions = {}, root: string = this.root): Promise<WorkerProcess> {
    this.#started += 1
    const worker = await startWorkerProcess({
      ...this.#defaults,
      name: `worker-${this.#started}`,
      ...options,
      env: { ...this.#defaults.env, ...options.env },
      root,
      redis: this.url,
      prefix: this.prefix,
    })
    this.#context.cleanup(() => worker.kill())
    return worker
  }

  /** Enqueues a run. From here on it must not be lost. */
  async enqueue(
    pipeline: Pipeline,
    options: Parameters<Client['enqueue']>[1] = {},
  ): Promise<RunHandle> {
    return this.acknowledge(await this.client.enqueue(pipeline, options))
  }

  /** Notes a run that another client has enqueued. From here on it must not be lost. */
  acknowledge(handle: RunHandle): RunHandle {
    this.#acknowledged.set(handle.id, { handle })
    return handle
  }

  /** Leaves runs out of what is checked, with all that their bodies did: they were taken away on purpose. */
  forget(runs: Iterable<string>): void {
    for (const run of runs) {
      this.#acknowledged.delete(run)
      this.#forgotten.add(run)
    }
  }

  /** Runs that were acknowledged. */
  get runs(): readonly RunHandle[] {
    return [...this.#acknowledged.values()].map(({ handle }) => handle)
  }

  /** Cancels a run and remembers when. */
  async cancel(run: RunHandle): Promise<void> {
    await run.cancel()
    const known = this.#acknowledged.get(run.id)
    if (known !== undefined) known.cancelledAt = Date.now()
  }

  /** Remembers that another process has cancelled a run, and when it was told so; the earliest counts. */
  cancelledElsewhere(run: string, at: number): void {
    const known = this.#acknowledged.get(run)
    if (known !== undefined) known.cancelledAt = Math.min(at, known.cancelledAt ?? at)
  }

  /** Kills a worker with SIGKILL. Returns when it was. */
  async kill(worker: WorkerProcess): Promise<number> {
    const from = Date.now()
    await worker.kill()
    this.excuse({ kind: 'kill', worker: worker.name, from, to: Date.now() })
    return from
  }

  /** Freezes a worker with SIGSTOP. Returns what thaws it. */
  freeze(worker: WorkerProcess): () => void {
    const excuse = {
      kind: 'freeze' as const,
      worker: worker.name,
      from: Date.now(),
      to: Number.MAX_SAFE_INTEGER,
    }
    this.#excuses.push(excuse)
    worker.signal('SIGSTOP')
    return () => {
      excuse.to = Date.now()
      worker.signal('SIGCONT')
    }
  }

  /** Sends SIGTERM and waits for the end. */
  async drain(worker: WorkerProcess): Promise<void> {
    const from = Date.now()
    worker.signal('SIGTERM')
    await worker.ended
    this.excuse({ kind: 'drain', worker: worker.name, from, to: Date.now() })
  }

  /** Notes a fault that was done: what it hit may run again. */
  excuse(excuse: Excuse): void {
    this.#excuses.push({ ...excuse })
  }

  /** Lets the bodies that wait at a gate go on. */
  async open(gate: string): Promise<void> {
    await writeFile(join(this.root, gates, gate), '')
  }

  /** Shuts a gate again. */
  async close(gate: string): Promise<void> {
    await rm(join(this.root, gates, gate), { force: true })
  }

  /** What bodies wrote down so far. */
  async effects(): Promise<readonly Effect[]> {
    return readEffects(await this.#journal())
  }

  /** Waits until every acknowledged run has ended. False when one has not in time. */
  async ended(limit: number): Promise<boolean> {
    const end = performance.now() + limit
    for (const { handle } of this.#acknowledged.values()) {
      try {
        const timeout = Math.max(1, end - performance.now())
        await handle.wait({ timeout, signal: this.#context.signal })
      } catch (error) {
        this.#context.say(String(error))
        return false
      }
    }
    return true
  }

  /** Reads everything back and checks it. */
  async check(
    options: {
      /** False when runs were left on their way. */
      readonly drained?: boolean
      /** What MLflow holds. Default: what it holds when an adapter that was away all the time has recorded the row. */
      readonly tracked?: readonly TrackedRun[]
      /** Removes all runs then, and looks whether a key of them is left. */
      readonly prune?: boolean
      /** Nodes that are meant to fail. */
      readonly guilty?: readonly string[]
      /** Leaves something out of what is checked. */
      readonly only?: (history: History) => History
    } = {},
  ): Promise<Checked> {
    const { drained = true, prune = false, guilty, only = (all) => all } = options
    const known =
      options.tracked ?? (drained ? await recordAfterwards(this.#context, this) : undefined)
    const tracked = known?.filter(({ tags }) => !this.#forgotten.has(tags['pipewright.run'] ?? ''))
    const all = await readHistory({
      redis: this.redis,
      prefix: this.prefix,
      journal: await this.#journal(),
      acknowledged: new Map(
        [...this.#acknowledged].map(([id, { cancelledAt }]) => [
          id,
          cancelledAt === undefined ? {} : { cancelledAt },
        ]),
      ),
      excuses: this.#excuses.map((excuse) => ({ ...excuse })),
      drained,
      ...(tracked === undefined ? {} : { tracked }),
    })
    const effects = all.effects.filter(({ run }) => !this.#forgotten.has(run))
    const history = only({ ...all, effects })
    if (prune) history.keys = await this.#keysAfterPrune()
    const violations = check(history)
    const notes = violations.map(({ invariant, text }) => `${invariant}: ${text}`)
    const more = notes.length - longestList
    return {
      history,
      violations,
      figures: figuresOf(history, new Set(guilty)),
      notes: more > 0 ? [...notes.slice(0, longestList), `and ${more} violations more`] : notes,
    }
  }

  /** Keys of runs that are left when all runs were removed. */
  async #keysAfterPrune(): Promise<string[]> {
    await this.client.prune()
    const left: string[] = []
    const match = `${this.prefix}:*`
    for await (const page of this.redis.scanStream({ match, count: 1000 })) {
      const names = Array.isArray(page) ? page.map(String) : []
      left.push(
        ...names.filter((name) => [...this.#acknowledged.keys()].some((id) => name.includes(id))),
      )
    }
    return left
  }

  async #journal(): Promise<string> {
    return readFile(join(this.root, journalFile), 'utf8').catch(() => '')
  }
}

/** Makes a project of the suite's pipelines, which goes when its row has ended. */
export async function openFaultProject(
  context: RowContext,
  { url = context.redisUrl, direct = url, worker = {}, durability = {} }: FaultProjectOptions = {},
): Promise<FaultProject> {
  const prefix = uniquePrefix('faults')
  const root = await mkdtemp(join(tmpdir(), 'pipewright-faults-'))
  context.cleanup(() => rm(root, { recursive: true, force: true }))
  await mkdir(join(root, gates))
  const fixture = join(import.meta.dirname, 'fixture')
  await cp(join(fixture, 'conf'), join(root, 'conf'), { recursive: true })
  const config = JSON.stringify(join(fixture, 'pipewright.config.ts'))
  await writeFile(join(root, 'pipewright.config.ts'), `export { default } from ${config}\n`)
  const redis = new Redis(direct, {
    maxRetriesPerRequest: null,
    retryStrategy: () => 50,
    // A connection may die without a word.
    socketTimeout: 5000,
  })
  redis.on('error', () => undefined)
  if (url === context.redisUrl) context.cleanup(() => removePrefix(url, prefix))
  context.cleanup(() => redis.disconnect())
  // A group that never acknowledges keeps every event until the row has read them.
  await redis.xgroup('CREATE', keys.outbox(prefix), 'faults', '0', 'MKSTREAM')
  const client = await connect({ redis: url, prefix, ...durability })
  context.cleanup(() => client.close())
  return new FaultProject(context, { root, url, prefix, client, redis }, worker)
}
