import type { Redis } from 'ioredis'
import * as z from 'zod'

import { UsageError } from '../errors.ts'
import * as keys from '../redis/keys.ts'
import { asking } from '../redis/redis-error.ts'
import type { Run } from '../run/run.ts'
import { isTerminal, statuses, type Status } from '../run/status.ts'
import { readKnownRun, readRun } from './run-reader.ts'

/** Which runs `list` gives; what is left out admits all. */
export interface RunFilter {
  readonly pipeline?: string | undefined
  readonly status?: Status | readonly Status[] | undefined
  /** Tags that a run must have, all of them, with these values. */
  readonly tags?: Readonly<Record<string, string>> | undefined
  /** Created at this time (ms since 1970) or later. */
  readonly since?: number | undefined
  /** Created before this time (ms since 1970). */
  readonly until?: number | undefined
  /** Runs of a page at most, from 1 to 1000. Default 50. */
  readonly limit?: number | undefined
}

/** Some runs, and where the next ones begin. */
export interface RunPage {
  readonly runs: readonly Run[]
  /** For the next page; undefined when there is none. */
  readonly cursor: string | undefined
}

/** Runs that one call looks at: a filter that admits few gives shorter pages, not slower ones. */
const mostLooked = 5000
/** Runs that are asked for with one round trip, at most. */
const mostAsked = 200

/** A place in the list: those that go on come first, then those that have ended. */
interface Place {
  readonly set: 'active' | 'ended'
  readonly score: number
  readonly id: string
}

const beginning: Place = { set: 'active', score: Infinity, id: '' }

/** Lists runs. */
export class Runs {
  readonly #redis: Redis
  readonly #prefix: string

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis
    this.#prefix = prefix
  }

  /** A run as the ledger knows it now. @throws InfrastructureError `RUN_NOT_FOUND`, `REDIS_…` */
  async get(id: string): Promise<Run> {
    return asking(this.#redis, `read run ${id}`, async () =>
      readKnownRun(this.#redis, this.#prefix, id),
    )
  }

  /**
   * A page of runs: first those that have not ended, the newest first, then those that have, the latest end first. A page may
   * be shorter than its limit, even empty, with more to come: only a page without a cursor is the last one. A run that ends
   * while one pages may come twice; none that is kept is left out.
   *
   * @param cursor That of the page before. Default: from the first run. The filter may be another one.
   * @throws UsageError `INVALID_CURSOR`, `INVALID_LIMIT`; InfrastructureError `REDIS_…`
   *
   * @example
   * const { runs, cursor } = await client.runs.list({ pipeline: 'training', status: 'failed' })
   */
  async list(filter: RunFilter = {}, cursor?: string): Promise<RunPage> {
    const limit = filter.limit ?? 50
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
      throw new UsageError('INVALID_LIMIT', `${limit} is not a number of runs for a page.`, {
        hint: 'Give a limit from 1 to 1000.',
      })
    }
    const from = cursor === undefined ? beginning : readPlace(cursor)
    return asking(this.#redis, 'list runs', async () => this.#page(filter, from, limit))
  }

  /**
   * The runs that were created last, newest first: of the latest ones that go on and that have ended.
   *
   * @throws InfrastructureError `REDIS_…`
   */
  async newest(limit: number = 20, pipeline?: string): Promise<readonly Run[]> {
    const depth = pipeline === undefined ? limit : Math.max(limit * 10, 200)
    const runs = await asking(this.#redis, 'list runs', async () => {
      const sets = [keys.activeRuns(this.#prefix), keys.finishedRuns(this.#prefix)]
      const ids = await Promise.all(
        sets.map(async (set) => this.#redis.zrevrange(set, 0, depth - 1)),
      )
      return this.#read(ids.flat())
    })
    return runs
      .filter((run) => pipeline === undefined || run.pipeline === pipeline)
      .toSorted((a, b) => b.createdAt - a.createdAt)
      .slice(0, limit)
  }

  async #page(filter: RunFilter, from: Place, limit: number): Promise<RunPage> {
    const runs: Run[] = []
    const wanted = setsOf(filter)
    let looked = 0
    for await (const places of this.#places(
      from,
      wanted,
      Math.min(mostAsked, Math.max(limit, 20)),
    )) {
      const found = new Map((await this.#read(places.map(({ id }) => id))).map((r) => [r.id, r]))
      for (const place of places) {
        const run = found.get(place.id)
        looked += 1
        if (run !== undefined && admits(filter, run)) runs.push(run)
        if (runs.length === limit || looked >= mostLooked) return { runs, cursor: textOf(place) }
      }
    }
    return { runs, cursor: undefined }
  }

  /** The places after one, in chunks. */
  async *#places(
    from: Place,
    wanted: ReadonlySet<Place['set']>,
    chunk: number,
  ): AsyncGenerator<readonly Place[]> {
    for (const set of ['active', 'ended'] as const) {
      if (!wanted.has(set) || (set === 'active' && from.set === 'ended')) continue
      const start = set === from.set ? from : { ...beginning, set }
      const key = (set === 'active' ? keys.activeRuns : keys.finishedRuns)(this.#prefix)
      const most = start.score === Infinity ? '+inf' : start.score
      for (let offset = 0; ; offset += chunk) {
        // oxlint-disable-next-line no-await-in-loop -- chunk after chunk
        const flat = await this.#redis.zrevrangebyscore(
          key,
          most,
          '-inf',
          'WITHSCORES',
          'LIMIT',
          offset,
          chunk,
        )
        yield placesOf(set, flat).filter(({ score, id }) => score < start.score || id < start.id)
        if (flat.length < chunk * 2) break
      }
    }
  }

  async #read(ids: readonly string[]): Promise<readonly Run[]> {
    const read = await Promise.all(ids.map(async (id) => readRun(this.#redis, this.#prefix, id)))
    return read.filter((run) => run !== undefined)
  }
}

function placesOf(set: Place['set'], flat: readonly string[]): readonly Place[] {
  const places: Place[] = []
  for (let at = 0; at + 1 < flat.length; at += 2)
    places.push({ set, id: flat[at] ?? '', score: Number(flat[at + 1]) })
  return places
}

function setsOf({ status }: RunFilter): ReadonlySet<Place['set']> {
  const wanted = status === undefined ? statuses : [status].flat()
  return new Set(wanted.map((each) => (isTerminal(each) ? 'ended' : 'active')))
}

function admits({ pipeline, status, tags = {}, since, until }: RunFilter, run: Run): boolean {
  if (pipeline !== undefined && run.pipeline !== pipeline) return false
  if (status !== undefined && ![status].flat().includes(run.status)) return false
  if (run.createdAt < (since ?? -Infinity) || run.createdAt >= (until ?? Infinity)) return false
  return Object.entries(tags).every(([name, value]) => run.tags[name] === value)
}

const Written: z.ZodType<Place> = z
  .tuple([
    z.enum(['active', 'ended']),
    z.string().regex(/^\d{1,16}$/),
    z.string().regex(/^[\w.-]{1,100}$/),
  ])
  .transform(([set, score, id]) => ({ set, score: Number(score), id }))

function textOf({ set, score, id }: Place): string {
  return `${set}/${score}/${id}`
}

/** @throws UsageError `INVALID_CURSOR` */
function readPlace(text: string): Place {
  const place = Written.safeParse(text.split('/')).data
  if (place !== undefined) return place
  throw new UsageError('INVALID_CURSOR', `${JSON.stringify(text.slice(0, 100))} is no cursor.`, {
    hint: 'Give back, unchanged, the cursor of the page before, or none to start at the first run.',
  })
}
