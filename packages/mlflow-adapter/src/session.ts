import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Observer } from '@pipewright/engine/internal'

import { ArtifactStore } from './artifacts/artifact-store.ts'
import type { ReadStream } from './artifacts/source.ts'
import type { MlflowError } from './failure.ts'
import type { Http } from './http.ts'
import { DatasetTurns } from './lineage/dataset-turns.ts'
import type { Links } from './links.ts'
import type { AdapterLog } from './log.ts'
import { Persistence } from './persistence.ts'
import { Rebuild } from './rebuild.ts'
import { Recorder } from './recorder.ts'
import type { ReadStore } from './recording.ts'
import { ModelRecorder } from './registry/model-recorder.ts'
import type { AdapterSettings } from './settings.ts'
import { Tracking } from './tracking.ts'

/** What a {@link Session} works with. */
export interface SessionOptions {
  readonly observer: Observer
  readonly http: Http
  readonly log: AdapterLog
  readonly links: Links
  readonly experiment: string
  readonly settings: AdapterSettings
  readonly readStore: ReadStore
  readonly readStream: ReadStream
  readonly storeUrl: string | undefined
  readonly longestDelay: number
  readonly metricsInterval: number
  /** Longest wait for one answer of MLflow, in ms. */
  readonly timeout: number
  /** How long the lease outlives its holder, in ms. */
  readonly lease: number
}

const trimEvery = 10_000
/**
 * An adapter with nothing to do begins so long after the first event, in ms: short runs are over by then, and neither it nor
 * an MLflow on the same machine takes processor time from their nodes.
 */
const pauseBefore = 300
const mostOpen = 1000
const mostAtOnce = 200
/** A stop waits so long for requests that are under way, in ms. */
const grace = 5000

/** One tenure of the lease: from taking it until it is given up or lost. What was learnt of MLflow ends with it. */
export class Session {
  readonly #observer: Observer
  readonly #log: AdapterLog
  readonly #recorder: Recorder
  readonly #persistence: Persistence
  readonly #rebuild: Rebuild
  readonly #over = new AbortController()
  /** Ends the pause before the next events. */
  #hurry = new AbortController()
  readonly #renewEvery: number
  /** Another process has taken the lease. */
  #isLost = false
  /** A note of what keeps MLflow away may lie in Redis, also one of a process before this one. */
  #isNoted = true

  constructor(options: SessionOptions) {
    const { observer, http, log, experiment } = options
    this.#observer = observer
    this.#log = log
    this.#renewEvery = options.lease * 0.3
    const begin = performance.now()
    this.#persistence = new Persistence({
      probe: () => tracking.probe(),
      firstDelay: Math.min(1000, options.longestDelay),
      longestDelay: options.longestDelay,
      log,
      active: () => observer.lease.held,
      signal: this.#over.signal,
    })
    const tracking: Tracking = new Tracking(http, this.#persistence, {
      ...options.settings.experiment,
      name: experiment,
    })
    const artifacts = new ArtifactStore({
      http,
      persistence: this.#persistence,
      location: async () => (await tracking.experiment()).artifact_location,
      log,
    })
    this.#recorder = new Recorder(
      {
        tracking,
        ledger: observer.ledger,
        recorded: observer.recorded,
        settings: options.settings,
        links: options.links,
        readStore: options.readStore,
        readStream: options.readStream,
        artifacts,
        storeUrl: options.storeUrl,
        datasetTurns: new DatasetTurns(),
        models: new ModelRecorder(http, this.#persistence),
        log,
        active: () => this.#persistence.active,
        isTakenOver: () => performance.now() - begin < options.timeout,
        metricsInterval: options.metricsInterval,
      },
      observer.outbox,
    )
    this.#rebuild = new Rebuild({
      observer,
      recorder: this.#recorder,
      log,
      active: () => this.#persistence.active,
    })
  }

  /** Why MLflow is away, while it is. */
  get trouble(): MlflowError | undefined {
    return this.#persistence.trouble
  }

  get recorded(): number {
    return this.#recorder.done
  }

  get open(): number {
    return this.#recorder.size
  }

  /** Sends collected metrics now. */
  flush(): void {
    this.#recorder.flush()
    this.#hurry.abort()
  }

  /** Records until `signal` or until the lease is lost. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => {
      this.#over.abort()
      this.#observer.endReading()
    }
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    const kept = this.#keepLease()
    try {
      await this.#read()
    } catch (error) {
      if (!this.#over.signal.aborted) throw error
    } finally {
      this.#over.abort()
      signal.removeEventListener('abort', stop)
      await kept
      this.#recorder.abandon()
      await Promise.race([this.#recorder.below(1), sleep(grace, undefined, { ref: false })])
      const { lease } = this.#observer
      if (!signal.aborted && (this.#isLost || !lease.held))
        this.#log.warn({}, 'Another adapter records now')
      if (lease.held) await lease.release()
    }
  }

  async #read(): Promise<void> {
    const { outbox, lease } = this.#observer
    let nextTrim = 0
    while (!this.#over.signal.aborted && lease.held) {
      // oxlint-disable-next-line no-await-in-loop -- the stream is read in order
      const entries = await outbox.read(mostAtOnce, 1000)
      // oxlint-disable-next-line no-await-in-loop
      if (entries.length > 0 && this.#recorder.size === 0) await this.#pause()
      for (const entry of entries) this.#recorder.take(entry)
      // oxlint-disable-next-line no-await-in-loop
      await Promise.race([this.#recorder.below(mostOpen), aborted(this.#over.signal)])
      // oxlint-disable-next-line no-await-in-loop
      await this.#rebuild.begin()
      if (performance.now() < nextTrim) continue
      nextTrim = performance.now() + trimEvery
      // oxlint-disable-next-line no-await-in-loop
      await outbox.trim()
    }
  }

  /** Somebody who waits for the record ends it. */
  async #pause(): Promise<void> {
    this.#hurry = new AbortController()
    const signal = AbortSignal.any([this.#hurry.signal, this.#over.signal])
    await sleep(pauseBefore, undefined, { signal }).catch(() => undefined)
  }

  /** Leaves a note of what keeps MLflow away, so that `doctor` finds it on any machine. */
  async #noteTrouble(): Promise<void> {
    const { trouble: note } = this.#observer
    const { trouble, troubleSince: since } = this.#persistence
    if (trouble === undefined || since === undefined) {
      if (this.#isNoted) await note.clear()
      this.#isNoted = false
      return
    }
    const { code, message, hint, pauses: isPaused } = trouble
    await note.tell({ code, message, hint, isPaused, since, host: hostname() })
    this.#isNoted = true
  }

  async #keepLease(): Promise<void> {
    const { lease } = this.#observer
    while (!this.#over.signal.aborted)
      try {
        // oxlint-disable-next-line no-await-in-loop -- renewed at intervals
        await sleep(this.#renewEvery, undefined, { signal: this.#over.signal })
        // oxlint-disable-next-line no-await-in-loop
        if (!(await lease.acquire())) {
          this.#isLost = true
          this.#over.abort()
        }
        // oxlint-disable-next-line no-await-in-loop
        await this.#noteTrouble()
      } catch (error) {
        if (!this.#over.signal.aborted)
          this.#log.warn({ error: String(error) }, 'The lease was not renewed')
      }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
