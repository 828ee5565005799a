import { createHash, randomUUID } from 'node:crypto'

import {
  keys,
  Ledger,
  LedgerBackend,
  scriptText,
  storePlan,
  type CompiledPlan,
  type ScriptName,
  type Settlement,
} from '@pipewright/engine/internal'
import { QueueKeys, RedisConnection } from 'bullmq'
import type { Redis } from 'ioredis'
import * as z from 'zod'

import { arm, disarm, installFaults } from '../../support/script-fault.ts'
import type { Handed } from './transitions.ts'
import { lossBudget, type Attempt } from './world.ts'

/** Where each script has the low-water mark among its arguments. */
const marks: Readonly<Partial<Record<ScriptName, number>>> = {
  advance: 0,
  cancel: 1,
  claim: 4,
  mend: 1,
  recover: 5,
  settle: 17,
  submit: 4,
}

const names: readonly ScriptName[] = [
  'abandon',
  'advance',
  'cancel',
  'claim',
  'mend',
  'note',
  'publish',
  'recover',
  'renew',
  'settle',
  'submit',
]

/**
 * Scripts that whoever sent them sends again after an error. One that cancels is left out: what it had not reached is ended by
 * the claims of workers, which `cancelling.test.ts` shows.
 */
const repeatable: ReadonlySet<ScriptName> = new Set([
  'advance',
  'mend',
  'note',
  'publish',
  'renew',
  'settle',
  'submit',
])

/** The low-water mark that the ledger's classes send; `ScriptCalls` puts that of the sequence in its place. */
const sentMark = 64

/** Prefix of all keys of these tests. */
const prefix = '{model}'

/** Whoever was to send a script is gone. */
class Killed extends Error {}

/** A script as it was sent. */
export interface Call {
  readonly script: ScriptName
  readonly parts: readonly (string | number | Buffer)[]
  readonly keys: number
}

/**
 * A connection that sends scripts with a low-water mark of the test's own, and keeps the last one, to send it again as a
 * client does that has not seen the reply.
 */
export class ScriptCalls {
  readonly redis: Redis
  low = sentMark
  last: Call | undefined
  reply: unknown
  /** Scripts that were sent. */
  count = 0
  /** The next script that can be repeated fails at this write, and is sent again. 0: none does. */
  cut = 0
  /** Part of a key: only writes to such keys are counted, and those of later scripts too where one makes fewer. Empty: all. */
  among = ''
  /** Calls of this script are not made: whoever would make them is killed before. */
  killedBefore: ScriptName | undefined
  /** Scripts that failed so. */
  struck = 0
  #scripts = new Map<string, ScriptName>()

  constructor(redis: Redis) {
    this.redis = redis
  }

  async evalsha(
    sha: string,
    count: number,
    ...parts: (string | number | Buffer)[]
  ): Promise<unknown> {
    const script = this.#nameOf(sha)
    if (script === this.killedBefore) throw new Killed()
    const mark = marks[script]
    if (mark !== undefined) {
      if (parts[count + mark] !== sentMark) throw new Error(`${script} has no mark at ${mark}`)
      parts[count + mark] = this.low
    }
    this.last = { script, parts, keys: count }
    const fails = this.cut > 0 && repeatable.has(script)
    if (fails && !(await this.#fail(this.last))) return this.reply
    return this.send(this.last)
  }

  /** An error of Redis at a write of the script. False when it makes fewer writes. */
  async #fail(call: Call): Promise<boolean> {
    await arm(this.redis, prefix, call.script, this.cut, this.among)
    if (this.among === '') this.cut = 0
    try {
      await this.send(call)
    } catch (error) {
      if (!String(error).includes('injected fault')) throw error
      this.struck += 1
      this.cut = 0
    }
    return !(await disarm(this.redis, prefix, call.script))
  }

  /** Sends a call, once more if it was sent. */
  async send(call: Call): Promise<unknown> {
    this.count += 1
    const text = scriptText(call.script)
    const sha = sha1(text)
    const parts = [...call.parts]
    try {
      this.reply = await this.redis.evalsha(sha, call.keys, ...parts)
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      this.reply = await this.redis.eval(text, call.keys, ...parts)
    }
    return this.reply
  }

  #nameOf(sha: string): ScriptName {
    let name = this.#scripts.get(sha)
    if (name === undefined) {
      this.#scripts = new Map(names.map((each) => [sha1(scriptText(each)), each]))
      name = this.#scripts.get(sha)
    }
    if (name === undefined) throw new Error(`no script has the digest ${sha}`)
    return name
  }
}

/** Writes count as soon as Redis has them. */
const immediate = {
  isStrict: false,
  assertAvailable: async () => Promise.resolve(),
  mark: () => 0,
  reached: async () => Promise.resolve(true),
  close: () => undefined,
}

const digests = new Map<string, string>()

function sha1(text: string): string {
  let digest = digests.get(text)
  if (digest === undefined) {
    digest = createHash('sha1').update(text).digest('hex')
    digests.set(text, digest)
  }
  return digest
}

const Reply: z.ZodType<[string[], string, unknown, unknown, (string | null)[] | null, string]> =
  z.tuple([
    z.array(z.string()),
    z.string(),
    z.unknown(),
    z.unknown(),
    z.array(z.string().nullable()).nullable(),
    z.string(),
  ])
const Settled: z.ZodType<[number, unknown]> = z.tuple([z.number(), z.unknown()])

/** What became of a settlement. */
export interface SettleAnswer {
  readonly code: number
  readonly next: Handed | undefined
}

/** Calls the ledger's scripts as workers and clients do: by the same classes, without their loops and timers. */
export class Driver {
  readonly calls: ScriptCalls
  readonly ledger: Ledger
  readonly prefix = prefix
  readonly #backends = new Map<string, LedgerBackend>()
  readonly #redis: Redis

  constructor(redis: Redis) {
    this.#redis = redis
    installFaults(prefix)
    this.calls = new ScriptCalls(redis)
    this.ledger = new Ledger(this.#facade(), this.prefix, sentMark)
  }

  /** Empties the server for a new sequence. */
  async reset(low: number, limit: number, plans: readonly CompiledPlan[]): Promise<void> {
    this.calls.low = low
    this.calls.cut = 0
    this.calls.among = ''
    const emptied = this.#redis.flushall()
    if (limit > 0) void this.#redis.hset(this.key('one', 'meta'), 'concurrency', limit)
    await Promise.all(plans.map(async (plan) => storePlan(this.#redis, this.prefix, plan)))
    await emptied
  }

  /** A key of BullMQ's. */
  key(queue: string, name: string): string {
    return `${keys.queuePrefix(this.prefix)}:${queue}:${name}`
  }

  /** Asks for a job under a token of its own. A worker that slept was woken by the marker, which that takes away. */
  async claim(queue: string, token: string, woken: boolean): Promise<Handed | undefined> {
    const taken = woken ? this.#redis.zrem(this.key(queue, 'marker'), '0') : undefined
    const backend = this.#backend(queue)
    await backend.moveToActive(token, 'worker')
    await taken
    return handedOut(this.calls.reply)
  }

  async settle(attempt: Attempt, settlement: Settlement, fetches: boolean): Promise<SettleAnswer> {
    const backend = this.#backend(attempt.queue)
    const { jobId, token, count, at } = attempt
    backend.prepare(jobId, settlement, { count, at, token })
    // What BullMQ's backend reads of a job.
    const job = { id: jobId, opts: {} } as Parameters<LedgerBackend['moveToCompleted']>[0]
    await backend.moveToCompleted(job, null, { count: 0 }, token, fetches)
    backend.takeSettled(jobId)
    return answer(this.calls.reply)
  }

  /** Looks for lost workers, though nobody has for long. */
  async recover(queue: string): Promise<readonly string[]> {
    const forgotten = this.#redis.del(this.key(queue, 'stalled-check'))
    const found = await this.#backend(queue).moveStalledJobsToWait()
    await forgotten
    return z.array(z.string()).parse(found)
  }

  /** Cancels a run. @param killed True when the client is killed before it has followed the edges of what ended. */
  async cancel(run: string, killed: boolean): Promise<string> {
    if (!killed) return this.ledger.cancel(run)
    this.calls.killedBefore = 'advance'
    try {
      return await this.ledger.cancel(run)
    } catch (error) {
      if (!(error instanceof Killed)) throw error
      return 'cancelling'
    } finally {
      this.calls.killedBefore = undefined
    }
  }

  async renew({ queue, jobId, count, at, token }: Attempt): Promise<boolean> {
    return this.#backend(queue).renew(jobId, { count, at, token })
  }

  #backend(queue: string): LedgerBackend {
    let backend = this.#backends.get(queue)
    if (backend === undefined) {
      const queueKeys = new QueueKeys(keys.queuePrefix(this.prefix))
      const connection = new RedisConnection(this.#redis, { shared: true, blocking: false })
      const options = {
        connection: this.#redis,
        prefix: keys.queuePrefix(this.prefix),
        name: 'worker',
        lockDuration: 600_000,
        stalledInterval: 600_000,
        maxStalledCount: Number.MAX_SAFE_INTEGER,
      }
      backend = new LedgerBackend(
        [
          connection,
          queue,
          queueKeys.getKeys(queue),
          (type: string) => queueKeys.toKey(queue, type),
          options,
          connection,
        ],
        {
          redis: this.#facade(),
          prefix: this.prefix,
          lossBudget,
          lowWater: sentMark,
          durability: immediate,
          onCommitError: (error) => {
            throw error
          },
        },
        600_000,
      )
      this.#backends.set(queue, backend)
    }
    return backend
  }

  /** The connection as the ledger's classes see it: scripts go through `calls`. */
  #facade(): Redis {
    const { calls } = this
    return new Proxy(this.#redis, {
      get(redis, name) {
        if (name === 'evalsha') return calls.evalsha.bind(calls)
        const value: unknown = Reflect.get(redis, name, redis)
        return typeof value === 'function' ? value.bind(redis) : value
      },
    })
  }
}

/** A token that no claim has had. */
export function newToken(): string {
  return randomUUID()
}

/** The job in a reply of BullMQ's with what the ledger attaches to it. */
export function handedOut(reply: unknown): Handed | undefined {
  if (!Array.isArray(reply) || !Array.isArray(reply[0])) return undefined
  const [fields, jobId, , , inputs, told] = Reply.parse(reply)
  const entries = fields.flatMap((name, at): [string, string][] =>
    at % 2 === 0 ? [[name, fields[at + 1] ?? '']] : [],
  )
  return { jobId, fields: Object.fromEntries(entries), inputs: inputs ?? undefined, told }
}

export function answer(reply: unknown): SettleAnswer {
  const [code, next] = Settled.parse(reply)
  return { code, next: handedOut(next) }
}
