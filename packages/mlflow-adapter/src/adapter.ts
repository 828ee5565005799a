import { setTimeout as sleep } from 'node:timers/promises'

import { observe, type Observer, type ObserverConnection } from '@pipewright/engine/internal'

import { Http } from './http.ts'
import { Links } from './links.ts'
import { silent, type AdapterLog } from './log.ts'
import type { ReadStore } from './recording.ts'
import { Session } from './session.ts'
import { adapterSettings, type AdapterSettingsInput } from './settings.ts'

/** What {@link startAdapter} needs. */
export interface AdapterOptions {
  /** URL or options of the Redis that holds the ledger. */
  readonly redis: string | ObserverConnection
  /** Prefix of all keys. Default `{pw}`. */
  readonly prefix?: string
  /** The MLflow tracking server. Credentials come from MLFLOW_TRACKING_USERNAME and _PASSWORD, or _TOKEN. */
  readonly tracking: {
    readonly uri: string
    /** Where people open its web interface, for links. Default: `uri`. */
    readonly ui?: string
  }
  /** Name of the experiment that holds all runs; created or restored when needed. */
  readonly experiment: string
  readonly settings?: AdapterSettingsInput
  /** Reads objects of the runs' store, for artifacts. Default: nothing is there. */
  readonly readStore?: ReadStore
  readonly log?: AdapterLog
  /** Consumer group of the outbox; each group records everything once. Default `mlflow`. */
  readonly group?: string
  /** Longest pause between two tries while MLflow is away, in ms. Default 60,000; 5,000 suits a server on the same machine. */
  readonly longestDelay?: number
  /** Longest wait for one answer of MLflow, in ms. Default 60,000. */
  readonly timeout?: number
  /** Most requests under way at once. Default 4, which is what a server on SQLite bears. */
  readonly inFlight?: number
  /** Metrics of a running node are sent so often, in ms. Default 10,000. */
  readonly metricsInterval?: number
}

/** What the adapter is doing. */
export interface AdapterStatus {
  /** `standby`: another process records. `waiting`: MLflow is away and is asked again and again. */
  readonly state: 'recording' | 'standby' | 'waiting' | 'stopped'
  /** Events recorded by this process. */
  readonly recorded: number
  /** Events that this process has read and not recorded yet. */
  readonly open: number
  /** Events of the group that can never be recorded. */
  readonly deadLetters: number
  /** Requests sent to MLflow by this process. */
  readonly calls: number
  /** Why MLflow is away, while it is. */
  readonly problem: { readonly code: string; readonly message: string } | undefined
}

/** A running adapter. */
export interface Adapter {
  /** Ends the recording in good order; what is not recorded stays in Redis for the next start. */
  stop(): Promise<void>
  /** Waits until everything that is in the outbox now is recorded, by whichever process. False when `timeout` ms were not enough. */
  drain(options: { readonly timeout: number }): Promise<boolean>
  status(): Promise<AdapterStatus>
  /** The MLflow run of a run of ours and the address of its page; undefined while it is not recorded. */
  runUrl(runId: string): Promise<{ readonly runId: string; readonly url: string } | undefined>
}

/**
 * Starts recording runs into MLflow. It returns at once, whether or not MLflow answers: events wait in Redis until they
 * are recorded. Of several adapters on one ledger one records and the others stand by.
 */
export async function startAdapter(options: AdapterOptions): Promise<Adapter> {
  const log = options.log ?? silent
  const observer = observe({
    redis: options.redis,
    prefix: options.prefix ?? '{pw}',
    group: options.group ?? 'mlflow',
    // one name for all processes: the lease lets only one of them read, and it finds at once what the last one left
    consumer: 'adapter',
    onError: (error) => log.warn({ error: error.message }, 'Redis is away'),
  })
  const http = new Http({
    uri: options.tracking.uri,
    timeout: options.timeout ?? 60_000,
    inFlight: options.inFlight ?? 4,
    env: process.env,
  })
  return new RunningAdapter(options, observer, http, log)
}

class RunningAdapter implements Adapter {
  readonly #options: AdapterOptions
  readonly #observer: Observer
  readonly #http: Http
  readonly #log: AdapterLog
  readonly #links: Links
  readonly #stopping = new AbortController()
  readonly #ended: Promise<void>
  #session: Session | undefined
  #recordedBefore = 0

  constructor(options: AdapterOptions, observer: Observer, http: Http, log: AdapterLog) {
    this.#options = options
    this.#observer = observer
    this.#http = http
    this.#log = log
    this.#links = new Links(options.tracking.ui ?? options.tracking.uri)
    this.#ended = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#ended
    this.#observer.close()
    this.#http.close()
  }

  async drain({ timeout }: { readonly timeout: number }): Promise<boolean> {
    const end = performance.now() + timeout
    const { outbox } = this.#observer
    const position = await outbox.position()
    for (;;) {
      this.#session?.flush()
      // oxlint-disable-next-line no-await-in-loop -- asked again until it is so
      if (await outbox.reached(position)) return true
      if (performance.now() >= end || this.#stopping.signal.aborted) return false
      // oxlint-disable-next-line no-await-in-loop
      await sleep(50)
    }
  }

  async status(): Promise<AdapterStatus> {
    const trouble = this.#session?.trouble
    return {
      state: this.#state(),
      recorded: this.#recordedBefore + (this.#session?.recorded ?? 0),
      open: this.#session?.open ?? 0,
      deadLetters: await this.#observer.outbox.deadLetters(),
      calls: this.#http.calls,
      problem: trouble === undefined ? undefined : { code: trouble.code, message: trouble.message },
    }
  }

  async runUrl(
    runId: string,
  ): Promise<{ readonly runId: string; readonly url: string } | undefined> {
    const { parent, experiment } = await this.#observer.recorded.all(runId)
    if (parent === undefined || experiment === undefined) return undefined
    return { runId: parent, url: this.#links.run(experiment, parent) }
  }

  #state(): AdapterStatus['state'] {
    if (this.#stopping.signal.aborted) return 'stopped'
    if (this.#session === undefined) return 'standby'
    return this.#session.trouble === undefined ? 'recording' : 'waiting'
  }

  /** Takes the lease whenever it is free, and records while it is held. */
  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted)
      try {
        // oxlint-disable-next-line no-await-in-loop -- one tenure after the other
        if (await this.#observer.lease.acquire()) await this.#record(signal)
        // oxlint-disable-next-line no-await-in-loop
        else await pause(1000, signal)
      } catch (error) {
        this.#log.error({ error: String(error) }, 'Recording was interrupted and begins again')
        // oxlint-disable-next-line no-await-in-loop
        await pause(1000, signal)
      }
  }

  async #record(signal: AbortSignal): Promise<void> {
    const session = new Session({
      observer: this.#observer,
      http: this.#http,
      log: this.#log,
      links: this.#links,
      experiment: this.#options.experiment,
      settings: adapterSettings(this.#options.settings),
      readStore: this.#options.readStore ?? (async () => undefined),
      longestDelay: this.#options.longestDelay ?? 60_000,
      metricsInterval: this.#options.metricsInterval ?? 10_000,
    })
    this.#session = session
    try {
      await session.run(signal)
    } finally {
      this.#recordedBefore += session.recorded
      this.#session = undefined
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}
