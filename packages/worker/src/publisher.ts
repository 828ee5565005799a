import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

import { DatasetError } from '@pipewright/engine'
import {
  catalogVersion,
  crashPoint,
  DatasetReference,
  keys,
  NodeFinished,
  notePublicationProblem,
  type Ledger,
} from '@pipewright/engine/internal'

import { placeOf, type PublicationPlace } from './publication-place.ts'
import type { RunStores } from './run-stores.ts'

/** Milliseconds that a path's lock outlives a publisher that was killed. A living one renews it. */
const lockTime = 5000

/** Tries of a publication that its path refuses: about 20 s. Then the run ends as failed. */
const mostTries = 10

/** A committed dataset that the catalog lists. */
export interface Publication {
  readonly run: string
  readonly index: number
  readonly dataset: string
}

/**
 * Writes committed datasets to their catalog paths. A publication may be made twice; the order of commits decides which
 * content stays: an older one never replaces a newer one, whoever makes it and whenever.
 */
export class Publisher {
  readonly #ledger: Ledger
  readonly #stores: RunStores
  readonly #onError: (error: unknown) => void
  #stopped = false
  readonly #underWay = new Map<string, Promise<void>>()

  constructor(ledger: Ledger, stores: RunStores, onError: (error: unknown) => void) {
    this.#ledger = ledger
    this.#stores = stores
    this.#onError = onError
  }

  /** Publishes one dataset; a second call for it while it is under way waits for the first. */
  async publish(publication: Publication): Promise<void> {
    const member = `${publication.run}|${publication.index}|${publication.dataset}`
    const known = this.#underWay.get(member)
    if (known !== undefined) return known
    const work = this.#publish(publication, member).finally(() => this.#underWay.delete(member))
    this.#underWay.set(member, work)
    return work
  }

  /** Publishes what `advance` found undone: `run|index|dataset`. */
  async redo(member: string): Promise<void> {
    const [run = '', index = '', ...dataset] = member.split('|')
    return this.publish({ run, index: Number(index), dataset: dataset.join('|') })
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#underWay.values())
  }

  /** Gives up what fails; the ledger's timer hands it to another worker. */
  stop(): void {
    this.#stopped = true
  }

  async #publish(publication: Publication, member: string): Promise<void> {
    let place: PublicationPlace | undefined
    const token = randomUUID()
    for (let tries = 0; !this.#stopped; tries += 1) {
      let renewal: NodeJS.Timeout | undefined
      try {
        place ??= await this.#place(publication)
        // The catalog of this worker's environment does not list it: the publication is another's.
        if (place === undefined) return
        const { path } = place
        await this.#lock(path, token)
        renewal = setInterval(() => void this.#renew(path, token), lockTime / 4)
        await this.#writeIfDue(publication, member, place)
        if (await this.#ledger.published(member, path, token)) {
          if (tries > 0) await this.#forget(member)
          return
        }
      } catch (error) {
        this.#onError(error)
        const path = place?.path ?? ''
        if (error instanceof DatasetError) await this.#remember(member, path, error)
        // The commit stands, so the publication is owed until it is made, by this worker or after its end by another: unless
        // the path itself refuses it, for then the run would never end.
        if (error instanceof DatasetError && tries >= mostTries) {
          await this.#ledger.published(member, path, token, error.message).catch(this.#onError)
          await this.#forget(member)
          return
        }
        await delay(Math.min(100 * 2 ** Math.min(tries, 6), 5000), undefined, { ref: false })
      } finally {
        clearInterval(renewal)
      }
    }
  }

  async #writeIfDue(
    publication: Publication,
    member: string,
    place: PublicationPlace,
  ): Promise<void> {
    crashPoint('worker.publishing')
    if (await this.#isDue(member, place)) await this.#write(publication, place)
    crashPoint('worker.published')
  }

  /** For those who ask why the run does not end. */
  async #remember(member: string, path: string, { message }: DatasetError): Promise<void> {
    const { redis, prefix } = this.#ledger
    const problem = { path, problem: message, at: Date.now() }
    await notePublicationProblem(redis, prefix, member, problem).catch(this.#onError)
  }

  async #forget(member: string): Promise<void> {
    const { redis, prefix } = this.#ledger
    await redis.unlink(keys.publicationProblem(prefix, member)).catch(this.#onError)
  }

  async #lock(path: string, token: string): Promise<void> {
    const { redis, prefix } = this.#ledger
    const lock = keys.publishing(prefix, path)
    while ((await redis.set(lock, token, 'PX', lockTime, 'NX')) === null) {
      if ((await redis.get(lock)) === token) return
      await delay(20 + Math.random() * 60)
    }
  }

  /** Should it fail, or come too late, `published` finds that the lock is gone, and the file is written again. */
  async #renew(path: string, token: string): Promise<void> {
    const { redis, prefix } = this.#ledger
    const lock = keys.publishing(prefix, path)
    try {
      if ((await redis.get(lock)) === token) await redis.pexpire(lock, lockTime)
    } catch (error) {
      this.#onError(error)
    }
  }

  /** False when it was made before, or when a later commit's content is already there. */
  async #isDue(member: string, { path, isOrdered }: PublicationPlace): Promise<boolean> {
    const { redis, prefix } = this.#ledger
    const [sequence, last] = await Promise.all([
      redis.zscore(keys.publications(prefix), member),
      redis.hget(keys.published(prefix), path),
    ])
    if (sequence === null) return false
    return !isOrdered || Number(sequence) > Number(last ?? 0)
  }

  /** @throws ConfigError when the configuration cannot be read with the runtime params of the run */
  async #place({ run, dataset }: Publication): Promise<PublicationPlace | undefined> {
    const { redis, prefix } = this.#ledger
    const runtimeParams = await redis.hget(keys.run(prefix, run), 'runtimeParams')
    return placeOf(await this.#stores.read(runtimeParams), dataset)
  }

  async #write({ run, index, dataset }: Publication, place: PublicationPlace): Promise<void> {
    const { redis, prefix } = this.#ledger
    if (place.checkpoint !== undefined) {
      const checkpoints = await redis.hget(keys.run(prefix, run), 'checkpoints')
      await place.checkpoint(checkpoints)
      return
    }
    const [reference, record] = await Promise.all([
      redis.hget(keys.data(prefix, run), dataset),
      redis.hget(keys.nodes(prefix, run), String(index)),
    ])
    if (reference === null || record === null) return
    const { endedAt } = NodeFinished.parse(JSON.parse(record))
    const committed = DatasetReference.parse(JSON.parse(reference))
    const version = catalogVersion(new Date(endedAt))
    try {
      await place.store.publish(committed, version)
    } catch (error) {
      if (!(error instanceof DatasetError) || error.code !== 'DATASET_VERSION_EXISTS') throw error
      // Another run committed in the same millisecond. To do it again finds the same names with the same contents.
      await place.store.publish(committed, `${version}-${run}`)
    }
  }
}
