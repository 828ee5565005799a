import { randomUUID } from 'node:crypto'

import type { Redis } from 'ioredis'
import { pack } from 'msgpackr'
import * as z from 'zod'

import { crashPoint } from '../fault/crash-point.ts'
import type { ElementRecord } from '../run/element-record.ts'
import type { Event } from '../run/event.ts'
import { elementText } from './element-text.ts'
import * as keys from './keys.ts'
import { runScript } from './script.ts'

/**
 * Low-water mark of admission where no worker gives its own: jobs that a BullMQ queue holds ready; further nodes wait in
 * their runs' ready lists, where runs take turns and those of higher priority go first. So it is small.
 */
const defaultLowWater = 16

/** The low-water mark that keeps so many node runs at a time busy. */
export function lowWaterOf(concurrency: number): number {
  return Math.min(64, Math.max(4, concurrency * 2))
}

/** Turns of the backlog that a cancellation follows: 100,000 nodes. */
const mostTurns = 200

/** Records of elements that are written with one command. */
const elementsPerWrite = 500

/** What `submit` needs. */
export interface Submission {
  readonly run: string
  readonly plan: string
  /** Milliseconds until it may begin. */
  readonly delay: number
  /** Idempotency key; empty for none. */
  readonly key: string
  /** Milliseconds that the key is kept. */
  readonly keyRetention: number
  readonly queues: readonly string[]
  /** Further fields of the run's header. */
  readonly header: Readonly<Record<string, string | number>>
}

/** What became of a submission. */
export interface Submitted {
  readonly state: 'created' | 'known' | 'no-plan'
  /** The run: the earlier one of the same key when `known`. */
  readonly run: string
  /** Chunks of edges that `advance` has still to follow. */
  readonly backlog: number
}

/** What `advance` found. */
export interface Advanced {
  readonly backlog: number
  /** Milliseconds until the next timer, or -1. */
  readonly wait: number
  /** Publications that nobody has finished: `run|index|dataset`. */
  readonly publications: readonly string[]
  /** Runs that are being cancelled, 256 at most. */
  readonly cancelling: readonly string[]
  /** Quarantines and queues of resources in which something waits or runs. */
  readonly special: readonly string[]
  /** Some of the node runs that were left, 256 at most: see `parseLeft`. */
  readonly left: readonly string[]
}

/** A message about a running attempt. Those of one attempt must be sent in their order, each until it was answered. */
export interface Note {
  readonly arguments: readonly (string | number)[]
}

/** Whether an attempt should go on. */
export type NoteReply = 'running' | 'cancelling' | 'ended'
export const NoteReply: z.ZodType<NoteReply> = z.enum(['running', 'cancelling', 'ended'])

/** What became of a cancellation. */
export type CancelReply = 'cancelling' | 'ended' | 'unknown'
export const CancelReply: z.ZodType<CancelReply> = z.enum(['cancelling', 'ended', 'unknown'])

type SubmitReply = [state: Submitted['state'], run: string, backlog: number]
const SubmitReply: z.ZodType<SubmitReply> = z.tuple([
  z.enum(['created', 'known', 'no-plan']),
  z.string(),
  z.number(),
])

type AdvanceReply = [
  backlog: number,
  wait: number,
  publications: string[],
  cancelling: string[],
  special: string[],
  left: string[],
]
const AdvanceReply: z.ZodType<AdvanceReply> = z.tuple([
  z.number(),
  z.number(),
  z.array(z.string()),
  z.array(z.string()),
  z.array(z.string()),
  z.array(z.string()),
])

/** The ledger's scripts that are not part of a BullMQ job's way, typed. */
export class Ledger {
  readonly redis: Redis
  readonly prefix: string
  readonly lowWater: number
  /** Names this ledger's messages, so that one that is sent again is known. */
  readonly #sender = randomUUID()
  #messages = 0

  constructor(redis: Redis, prefix: string, lowWater: number = defaultLowWater) {
    this.redis = redis
    this.prefix = prefix
    this.lowWater = lowWater
  }

  /** Creates a run and begins it, or finds the run of the same key. Its plan must be stored. */
  async submit(submission: Submission): Promise<Submitted> {
    crashPoint('client.submitting')
    const reply = await runScript(
      this.redis,
      'submit',
      [this.prefix],
      [
        submission.run,
        submission.plan,
        submission.key,
        submission.keyRetention,
        this.lowWater,
        pack(Object.entries(submission.header).flat()),
        submission.delay,
        pack(submission.queues),
      ],
    )
    crashPoint('client.submitted')
    const [state, run, backlog] = SubmitReply.parse(reply)
    return { state, run, backlog }
  }

  /**
   * Follows chunks of the backlog, fires due timers and tops up the queues.
   *
   * @param publishes True when the caller makes the publications that it is given; it has 30 s for each. Default: false, and
   *   they are left to others.
   */
  async advance(publishes: boolean = false, budget: number = 512): Promise<Advanced> {
    const args = [this.lowWater, budget, publishes ? 1 : 0]
    const reply = await runScript(this.redis, 'advance', [this.prefix], args)
    const [backlog, wait, publications, cancelling, special, left] = AdvanceReply.parse(reply)
    return { backlog, wait, publications, cancelling, special, left }
  }

  /** Cancels a run. What waits of it ends here, also when no worker is alive. */
  async cancel(run: string): Promise<CancelReply> {
    let begun = false
    let reply: unknown
    for (let where: string | undefined = '0'; where !== undefined; begun ||= where !== undefined) {
      reply = await runScript(this.redis, 'cancel', [this.prefix], [run, this.lowWater, where])
      where = /^more (\d+)$/.exec(String(reply))?.[1]
    }
    const answer = begun ? 'cancelling' : CancelReply.parse(reply)
    // Other runs add to the backlog too, so this ends somewhere; workers follow the rest.
    let left = answer === 'cancelling' ? 1 : 0
    for (let tries = 0; left > 0 && tries < mostTurns; tries += 1)
      left = (await this.advance()).backlog
    return answer
  }

  /**
   * Makes a message that an attempt is running, with events for the outbox. It keeps its number however often it is sent.
   *
   * @param element Of an element of a map: its number. Its events are told when the map is told of element by element.
   */
  note(
    run: string,
    index: number,
    shown: string,
    events: readonly Event[],
    element?: number,
  ): Note {
    this.#messages += 1
    const told = events.map((event) => JSON.stringify(event))
    const field = element === undefined ? index : `${index}[${element}]`
    return { arguments: [run, field, shown, this.#sender, this.#messages, ...told] }
  }

  /**
   * Writes records of elements that a map is to begin with, under the token of the attempt that expands it. They count once that
   * has settled as `expanded` with `kept: token`, and are gone after a day otherwise.
   */
  async keepElements(
    run: string,
    index: number,
    token: string,
    records: readonly (readonly [element: number, record: ElementRecord])[],
  ): Promise<void> {
    const key = keys.keptElements(this.prefix, run, index, token)
    for (let first = 0; first < records.length; first += elementsPerWrite) {
      const part = records.slice(first, first + elementsPerWrite)
      const fields = part.flatMap(([element, record]) => [element, elementText(record)])
      // oxlint-disable-next-line no-await-in-loop -- parts hold Redis for a short time each
      await this.redis.hset(key, ...fields)
    }
    await this.redis.expire(key, 86_400)
  }

  /** Sends a note. Its events are told once, also when it is sent again. The answer says whether to go on. */
  async send(note: Note): Promise<NoteReply> {
    return NoteReply.parse(await runScript(this.redis, 'note', [this.prefix], note.arguments))
  }

  /**
   * Puts right what operators or lost writes removed of a run. Checks and writes are one script, so a healthy run is left as
   * it is.
   *
   * @param ready Nodes whose producers have all succeeded and which have not ended.
   * @param followed Ended nodes whose edges may not have been followed, with what their dependents end as.
   * @returns how many node runs were put into a queue again.
   */
  async mend(
    run: string,
    ready: readonly { readonly index: number; readonly name: string; readonly queue: string }[],
    followed: readonly {
      readonly index: number
      readonly chunks: number
      readonly how: 'skipped' | 'cancelled' | 'choose'
    }[],
  ): Promise<number> {
    const args = [
      run,
      this.lowWater,
      pack(ready.flatMap(({ index, name, queue }) => [index, name, queue])),
      pack(followed.flatMap(({ index, chunks, how }) => [index, chunks, how])),
    ]
    return z.number().parse(await runScript(this.redis, 'mend', [this.prefix], args))
  }

  /**
   * Ends a run whose plan is gone: nothing can tell what follows on what. False when the plan is there (again).
   *
   * @param reason The run's error.
   */
  async abandon(run: string, reason: string): Promise<boolean> {
    return (await runScript(this.redis, 'abandon', [this.prefix], [run, reason])) === 1
  }

  /**
   * Says that a publication is made. False when the path's lock had been lost: publish again.
   *
   * @param problem Why it cannot be made at all: the run then ends as failed. Default: none.
   */
  async published(
    member: string,
    path: string,
    token: string,
    problem: string = '',
  ): Promise<boolean> {
    const args = [member, path, token, problem]
    return (await runScript(this.redis, 'publish', [this.prefix], args)) === 1
  }
}
