import { setTimeout as pause } from 'node:timers/promises'

import { PipewrightError, UsageError } from '@pipewright/engine'

import type { ServingLog } from '../log.ts'
import type { FoundModel, ModelSource } from '../source/model-source.ts'
import { isSameModel } from '../source/same-model.ts'
import type { Guard } from '../traffic/guard.ts'
import type { Serving, Slot } from '../traffic/slot.ts'
import type { Deploy } from './deploy.ts'
import type { Deployment } from './deployment.ts'

/** What keepers of slots have in common. */
export interface KeeperParts {
  readonly source: ModelSource
  readonly deploy: Deploy
  readonly guard: Guard
  readonly log: ServingLog
  /** Between two looks at the registry, in ms. */
  readonly pollEvery: number
  /** How long a replaced version is kept, to go back to, in ms. */
  readonly probation: number
  /** Whether a rollback also moves the alias in the registry. */
  readonly moveAliases: boolean
  onReload(slot: Slot, outcome: 'done' | 'failed'): void
  onRollback(slot: Slot, model: string): void
}

/** Keeps in a slot what its alias means: fetches, loads, swaps, and takes back what crossed a bound. */
export class SlotKeeper {
  readonly slot: Slot
  readonly #parts: KeeperParts
  /** The main model must be there; an alias beside it may be unset. */
  readonly #isMain: boolean
  readonly #closing = new AbortController()
  /** A version that failed here. It is not tried again while the alias stays at it. */
  #refused: FoundModel | undefined
  /** A move of the alias that the registry has not taken yet. */
  #owed: { readonly from: FoundModel; readonly to: FoundModel | undefined } | undefined
  #probationEnds = 0
  #loop: Promise<void> = Promise.resolve()
  #retiring = new Set<Promise<void>>()

  constructor(slot: Slot, isMain: boolean, parts: KeeperParts) {
    this.slot = slot
    this.#isMain = isMain
    this.#parts = parts
  }

  /** Puts the first version in. @throws what finding, fetching and loading it throws */
  async open(): Promise<void> {
    const found = await this.#find()
    if (found === undefined) return
    this.slot.put(await this.#parts.deploy(found), false)
  }

  /** Looks at the registry from now on, as long as the slot's address can change its meaning. */
  watch(): void {
    const { uri } = this.slot
    const changes = uri.kind === 'alias' || (uri.kind === 'version' && uri.version === 'latest')
    if (changes) this.#loop = this.#watch()
  }

  /** Takes the version out that crossed a bound, if there is another to take its place. */
  rollBack(serving: Serving, reason: string): void {
    if (this.slot.current !== serving) return
    const previous = this.slot.previous?.deployment.model
    // The main model without a predecessor has nothing to go back to.
    if (this.#isMain && previous === undefined) return
    const { model } = serving.deployment
    this.#refused = model
    this.#retire(this.#isMain ? this.slot.restore() : this.slot.put(undefined, false))
    const to = previous?.id ?? 'the main model'
    const fields = { slot: this.slot.name, model: model.id, reason }
    this.#parts.log.error(fields, `Rolled back ${model.id} to ${to}: ${reason}.`)
    this.#parts.onRollback(this.slot, model.id)
    if (!this.#parts.moveAliases || this.slot.uri.kind !== 'alias') return
    this.#owed = { from: model, to: previous }
    void this.#payOwed()
  }

  /** Ends watching and takes everything out of service, when it has answered what it was given. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#loop
    this.#retire(this.slot.settle())
    this.#retire(this.slot.put(undefined, false))
    await Promise.all(this.#retiring)
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closing
    for (;;) {
      try {
        await pause(this.#parts.pollEvery, undefined, { signal })
      } catch {
        return
      }
      try {
        await this.#payOwed()
        await this.#look()
      } catch (error) {
        const fields = { slot: this.slot.name, ...codeOf(error) }
        this.#parts.log.warn(fields, `Nothing new about ${this.slot.name}: ${messageOf(error)}`)
      }
    }
  }

  async #look(): Promise<void> {
    const current = this.slot.current?.deployment.model
    const found = await this.#find()
    if (found === undefined) {
      this.#retire(this.slot.put(undefined, false))
      return
    }
    if (isSameModel(found, current)) {
      this.#refused = undefined
      await this.#proveItself(found)
      return
    }
    if (isSameModel(found, this.#refused)) return
    await this.#reload(found)
  }

  /** Undefined when an alias beside the main one is not set. */
  async #find(): Promise<FoundModel | undefined> {
    try {
      return await this.#parts.source.find(this.slot.uri)
    } catch (error) {
      const isUnset = error instanceof UsageError && error.code === 'MODEL_NOT_FOUND'
      if (isUnset && !this.#isMain) return undefined
      throw error
    }
  }

  async #reload(found: FoundModel): Promise<void> {
    const { log, deploy } = this.#parts
    const before = this.slot.current?.deployment.model.id ?? 'nothing'
    let deployment: Deployment
    try {
      deployment = await deploy(found)
    } catch (error) {
      this.#parts.onReload(this.slot, 'failed')
      const fields = { slot: this.slot.name, model: found.id, ...codeOf(error) }
      log.error(fields, `${found.id} does not come into service: ${messageOf(error)}`)
      // A model that is wrong stays wrong; a registry or a disk may do better at the next look.
      if (!isPassing(error)) this.#refused = found
      return
    }
    this.#refused = undefined
    this.#probationEnds = performance.now() + this.#parts.probation
    this.#retire(this.slot.put(deployment, this.#isMain && this.#parts.probation > 0))
    this.#parts.onReload(this.slot, 'done')
    log.info({ slot: this.slot.name, model: found.id }, `${found.id} serves in place of ${before}.`)
  }

  async #proveItself(found: FoundModel): Promise<void> {
    const { guard, source } = this.#parts
    const serving = this.slot.current
    const isOnTrial = !this.#isMain || this.slot.previous !== undefined
    if (isOnTrial && guard.recorded.length > 0 && serving !== undefined) {
      guard.lookAtRecorded(this.slot, serving.deployment.model, await source.metrics(found))
    }
    if (performance.now() >= this.#probationEnds) this.#retire(this.slot.settle())
  }

  async #payOwed(): Promise<void> {
    const owed = this.#owed
    if (owed === undefined || this.slot.uri.kind !== 'alias') return
    try {
      await this.#parts.source.moveAlias(this.slot.uri, owed.from, owed.to)
      if (this.#owed === owed) this.#owed = undefined
    } catch (error) {
      const fields = { slot: this.slot.name, ...codeOf(error) }
      const isFinal = isRefusal(error)
      if (isFinal) this.#owed = undefined
      const what = isFinal ? 'The alias stays where it is' : 'The alias is not moved yet'
      this.#parts.log.warn(fields, `${what}: ${messageOf(error)}`)
    }
  }

  #retire(deployments: readonly Deployment[]): void {
    for (const deployment of deployments) {
      const retired = deployment.retire().finally(() => this.#retiring.delete(retired))
      this.#retiring.add(retired)
    }
  }
}

const lasting = new Set(['MODEL_EXAMPLE_FAILED', 'PYTHON_SERVER_FAILED'])

function isPassing(error: unknown): boolean {
  if (!(error instanceof PipewrightError)) return true
  return !(error instanceof UsageError) && !lasting.has(error.code)
}

/** MLflow will never take it, however often it is asked. */
function isRefusal(error: unknown): boolean {
  return error instanceof PipewrightError && 'retryable' in error && error.retryable === false
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function codeOf(error: unknown): { readonly code?: string } {
  return error instanceof PipewrightError ? { code: error.code } : {}
}
