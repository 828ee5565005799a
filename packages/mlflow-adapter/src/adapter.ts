import { setTimeout as sleep } from 'node:timers/promises'

import { ConfigError } from '@pipewright/engine'
import { observe, type Observer, type ObserverConnection } from '@pipewright/engine/internal'

import type { AccessSettings } from './access.ts'
import { streamOf, type ReadStream } from './artifacts/source.ts'
import { Http } from './http.ts'
import { Links } from './links.ts'
import { limitedLog, silent, type AdapterLog } from './log.ts'
import type { ReadStore } from './recording.ts'
import { Session } from './session.ts'
import { adapterSettings, type AdapterSettings, type AdapterSettingsInput } from './settings.ts'

const defaultLease = 10_000
const defaultTimeout = 60_000
/** A stop waits so long for what is under way, in ms. */
const grace = 6000

/** What {@link startAdapter} needs. */
export interface AdapterOptions {
  /** URL or options of the Redis that holds the ledger. */
  readonly redis: string | ObserverConnection
  /** Prefix of all keys. Default `{pw}`. */
  readonly prefix?: string
  /** The MLflow tracking server. */
  readonly tracking: {
    readonly uri: string
    /** The server of the model registry, if it is another one. Default: `uri`. */
    readonly registryUri?: string | undefined
    /** Where people open its web interface, for links. Default: `uri`. */
    readonly ui?: string | undefined
    /** Credentials, certificates and headers. Default: the MLFLOW_TRACKING_… variables of the process. */
    readonly access?: AccessSettings | undefined
  }
  /** Name of the experiment that holds all runs; created or restored when needed. */
  readonly experiment: string
  readonly settings?: AdapterSettingsInput
  /** Reads objects of the runs' store, for artifacts. Default: nothing is there. */
  readonly readStore?: ReadStore
  /** Reads them piece by piece, so that large ones are never in memory as a whole. Default: `readStore`. */
  readonly readStream?: ReadStream
  /** Address of that store, such as `file:///data/store`: MLflow shows it as the source of datasets. Default: none. */
  readonly storeUrl?: string
  readonly log?: AdapterLog
  /** Consumer group of the outbox; each group records everything once. Default `mlflow`. */
  readonly group?: string
  /** Longest pause between two tries while MLflow is away, in ms. One request at a time asks while it is. Default 5,000. */
  readonly longestDelay?: number
  /** Longest wait for one answer of MLflow, in ms. Default 60,000. */
  readonly timeout?: number
  /** Most requests under way at once. Default 4, which is what a server on SQLite bears. */
  readonly inFlight?: number
  /** Metrics of a running node are sent so often, in ms. Default 10,000. */
  readonly metricsInterval?: number
  /** An adapter that is silent for so many ms has lost its place to one that stands by. Default 10,000. */
  readonly lease?: number
}

/** What the adapter is doing. */
export interface AdapterStatus {
  /**
   * `standby`: another process records. `waiting`: MLflow is away and is asked again and again. `paused`: it does not let
   * us in, and somebody has to set something right; it is asked again and again as well.
   */
  readonly state: 'recording' | 'standby' | 'waiting' | 'paused' | 'stopped'
  /** Events recorded by this process. */
  readonly recorded: number
  /** Events that this process has read and not recorded yet. */
  readonly open: number
  /** Events of the group that can never be recorded. */
  readonly deadLetters: number
  /** Requests sent to MLflow by this process. */
  readonly calls: number
  /** Bytes of artifacts sent by this process. */
  readonly uploaded: number
  /** Why MLflow is away, while it is, and what to do about it. */
  readonly problem:
    | { readonly code: string; readonly message: string; readonly hint: string | undefined }
    | undefined
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
 *
 * @throws ConfigError `INVALID_TRACKING_URI`
 */
export async function startAdapter(options: AdapterOptions): Promise<Adapter> {
  const log = limitedLog(options.log ?? silent)
  checkTrackingUri(options.tracking.uri)
  if (options.tracking.registryUri !== undefined) checkTrackingUri(options.tracking.registryUri)
  const settings = adapterSettings(options.settings)
  const observer = observe({
    redis: options.redis,
    prefix: options.prefix ?? '{pw}',
    group: options.group ?? 'mlflow',
    // one name for all processes: the lease lets only one of them read, and it finds at once what the last one left
    consumer: 'adapter',
    leaseTtl: options.lease ?? defaultLease,
    onError: (error) => log.warn({ error: error.message }, 'Redis is away'),
  })
  const http = new Http({
    uri: options.tracking.uri,
    registryUri: options.tracking.registryUri,
    access: options.tracking.access,
    timeout: options.timeout ?? defaultTimeout,
    inFlight: options.inFlight ?? 4,
  })
  return new RunningAdapter({ ...options, log, settings }, observer, http)
}

interface CheckedOptions extends AdapterOptions {
  readonly settings: AdapterSettings
  readonly log: AdapterLog
}

/** The answer, or `otherwise` after so many ms: Redis may be away, and commands wait for it. */
function within<Answer>(ms: number, answer: Promise<Answer>, otherwise: Answer): Promise<Answer> {
  return Promise.race([answer, sleep(ms, otherwise, { ref: false })])
}

class RunningAdapter implements Adapter {
  readonly #options: CheckedOptions
  readonly #observer: Observer
  readonly #http: Http
  readonly #log: AdapterLog
  readonly #links: Links
  readonly #stopping = new AbortController()
  readonly #ended: Promise<void>
  #session: Session | undefined
  #recordedBefore = 0
  #deadLetters = 0

  constructor(options: CheckedOptions, observer: Observer, http: Http) {
    this.#options = options
    this.#observer = observer
    this.#http = http
    this.#log = options.log
    this.#links = new Links(options.tracking.ui ?? options.tracking.uri)
    this.#ended = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await within(grace, this.#ended, undefined)
    this.#observer.close()
    this.#http.close()
    // commands that wait for a Redis that is away never settle
    await within(500, this.#ended, undefined)
  }

  async drain({ timeout }: { readonly timeout: number }): Promise<boolean> {
    const end = performance.now() + timeout
    const { outbox } = this.#observer
    const position = await within(timeout, outbox.position(), undefined)
    if (position === undefined) return false
    for (;;) {
      this.#session?.flush()
      const left = Math.max(0, end - performance.now())
      // oxlint-disable-next-line no-await-in-loop -- asked again until it is so
      if (await within(left + 1, outbox.reached(position), false)) return true
      if (performance.now() >= end || this.#stopping.signal.aborted) return false
      // oxlint-disable-next-line no-await-in-loop
      await sleep(50)
    }
  }

  async status(): Promise<AdapterStatus> {
    const trouble = this.#session?.trouble
    this.#deadLetters = await within(1000, this.#observer.outbox.deadLetters(), this.#deadLetters)
    return {
      state: this.#state(),
      recorded: this.#recordedBefore + (this.#session?.recorded ?? 0),
      open: this.#session?.open ?? 0,
      deadLetters: this.#deadLetters,
      calls: this.#http.calls,
      uploaded: this.#http.uploaded,
      problem: trouble && { code: trouble.code, message: trouble.message, hint: trouble.hint },
    }
  }

  async runUrl(
    runId: string,
  ): Promise<{ readonly runId: string; readonly url: string } | undefined> {
    const { parent, experiment } = await within(5000, this.#observer.recorded.all(runId), {})
    if (parent === undefined || experiment === undefined) return undefined
    return { runId: parent, url: this.#links.run(experiment, parent) }
  }

  #state(): AdapterStatus['state'] {
    if (this.#stopping.signal.aborted) return 'stopped'
    if (this.#session === undefined) return 'standby'
    const { trouble } = this.#session
    if (trouble === undefined) return 'recording'
    return trouble.pauses ? 'paused' : 'waiting'
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
        if (signal.aborted) return
        this.#log.error({ error: String(error) }, 'Recording was interrupted and begins again')
        // oxlint-disable-next-line no-await-in-loop
        await pause(1000, signal)
      }
  }

  async #record(signal: AbortSignal): Promise<void> {
    const { readStore = async () => undefined } = this.#options
    const session = new Session({
      observer: this.#observer,
      http: this.#http,
      log: this.#log,
      links: this.#links,
      experiment: this.#options.experiment,
      settings: this.#options.settings,
      readStore,
      readStream: this.#options.readStream ?? streamOf(readStore),
      storeUrl: this.#options.storeUrl,
      longestDelay: this.#options.longestDelay ?? 5000,
      metricsInterval: this.#options.metricsInterval ?? 10_000,
      timeout: this.#options.timeout ?? defaultTimeout,
      lease: this.#options.lease ?? defaultLease,
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

/** MLflow's other kinds of addresses name databases and folders, which only its Python client can open. */
function checkTrackingUri(uri: string): void {
  const protocol = URL.canParse(uri) ? new URL(uri).protocol : undefined
  if (protocol === 'http:' || protocol === 'https:') return
  throw new ConfigError(
    'INVALID_TRACKING_URI',
    `The MLflow URI ${JSON.stringify(uri)} is not the address of a server.`,
    {
      hint: 'Write http://host:port or https://host/path. To record into a database or a folder, start `mlflow server` on it.',
    },
  )
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}
