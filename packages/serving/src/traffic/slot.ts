import type { Deployment } from '../deployment/deployment.ts'
import type { ModelUri } from '../source/model-uri.ts'
import { TrafficRecord, type RecordOptions } from './record.ts'

/** A version in service, with the record of its requests. */
export interface Serving {
  readonly deployment: Deployment
  readonly record: TrafficRecord
}

/** A place in the traffic: the main model, or an alias beside it. What is in it changes, the place stays. */
export class Slot {
  /** In metrics and headers: the alias, or `main`. */
  readonly name: string
  readonly uri: ModelUri
  readonly #options: RecordOptions
  #current: Serving | undefined
  #previous: Serving | undefined

  constructor(name: string, uri: ModelUri, options: RecordOptions) {
    this.name = name
    this.uri = uri
    this.#options = options
  }

  /** What serves; undefined when there is none, so that its share goes to the main model. */
  get current(): Serving | undefined {
    return this.#current
  }

  /** What served before and is kept until the current one has proved itself. */
  get previous(): Serving | undefined {
    return this.#previous
  }

  /**
   * Puts a version into the place of the current one, from the next request on. The replaced one is kept if asked, and
   * returned otherwise, with an older one that was kept: the caller retires them.
   */
  put(deployment: Deployment | undefined, keepPrevious: boolean): readonly Deployment[] {
    const replaced = this.#current
    const released = [this.#previous?.deployment]
    this.#current =
      deployment === undefined
        ? undefined
        : { deployment, record: new TrafficRecord(this.#options) }
    this.#previous = keepPrevious ? replaced : undefined
    if (!keepPrevious) released.push(replaced?.deployment)
    return released.filter((one) => one !== undefined)
  }

  /** Puts the kept version back. Returns the one that failed, for the caller to retire. */
  restore(): readonly Deployment[] {
    const failed = this.#current
    this.#current = this.#previous
    this.#previous = undefined
    return failed === undefined ? [] : [failed.deployment]
  }

  /** The current version has proved itself. Returns the kept one, for the caller to retire. */
  settle(): readonly Deployment[] {
    const kept = this.#previous
    this.#previous = undefined
    return kept === undefined ? [] : [kept.deployment]
  }
}
