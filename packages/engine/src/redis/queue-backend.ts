import { setTimeout as delay } from 'node:timers/promises'

import {
  QueueKeys,
  RedisConnection,
  RedisQueueBackend,
  type BackendFactory,
  type MinimalJob,
  type WorkerOptions,
} from 'bullmq'
import type { Redis } from 'ioredis'
import { pack, unpack } from 'msgpackr'
import * as z from 'zod'

import { crashPoint } from '../fault/crash-point.ts'
import type { Durability, Mark } from './durability.ts'
import { runScript, type ScriptArgument } from './script.ts'
import { outcomeArguments, type Settlement } from './settlement.ts'

/** What a claimed job brings along. */
export interface Claim {
  /** References (JSON) of the inputs that other nodes made, as `madeInputs` orders them; undefined for very many. */
  readonly inputs: readonly (string | null)[] | undefined
  /** `cancelled`: the run is being cancelled. `ended`: the node run has ended, only its job is left over. */
  readonly state: 'run' | 'cancelled' | 'ended'
}

/** What became of a settlement. */
export interface Settled {
  /** False when the node run went on without this attempt: its outputs must not be used. */
  readonly accepted: boolean
  /** True when chunks of edges wait in the backlog. */
  readonly backlog: boolean
  readonly settlement: Settlement
}

/** The start of a job that an attempt belongs to: the fence. */
export interface Start {
  /** BullMQ's count of starts. */
  readonly count: number
  /** BullMQ's time of it. */
  readonly at: number | undefined
  /** Token of the claim. */
  readonly token: string
}

/** Lets as many claims through as the worker has room for beyond its number of node runs. */
export interface ClaimGate {
  /** Resolves to true when a claim may be made, to false when there was no room for a while. */
  enter(): Promise<boolean>
  /** Gives the room back of a claim that brought nothing, or whose job has ended. */
  leave(): void
}

/** Settings of the backend. */
export interface LedgerBackendOptions {
  readonly redis: Redis
  readonly prefix: string
  /** Losses of workers after which a node run fails. */
  readonly lossBudget: number
  /** Low-water mark of admission. */
  readonly lowWater: number
  /** When a commit counts. */
  readonly durability: Durability
  /** Default: none. */
  readonly gate?: ClaimGate | undefined
  /** Node runs of the queue that others left and the next claim would take: members of `left`. Default: none. */
  readonly wanted?: (() => readonly string[]) | undefined
  /** Told about an error of Redis while committing; the commit is tried again. */
  readonly onCommitError: (error: unknown, jobId: string) => void
}

/** Seconds that a claim waits for a job at most. */
const longestWait = 2

/** Milliseconds between two claims that the server refuses. */
const refusalPause = 500

/** Milliseconds until it is asked again whether a commit is durable. */
const unsurePause = 250

/** The client as BullMQ hands it to its scripts. */
type Client = Parameters<RedisQueueBackend['execCommand']>[0]

/** BullMQ's arguments as its backend hands them to a script. */
type Arguments = readonly ScriptArgument[]

const ClaimOptions: z.ZodType<{ token: string }> = z.object({ token: z.string() })
const References: z.ZodType<(string | null)[]> = z.array(z.string().nullable())
const SettleReply: z.ZodType<[number, unknown]> = z.tuple([z.number(), z.unknown()])

/**
 * BullMQ's Redis backend with the ledger in it: the three scripts by which a job is claimed, finished and taken back are
 * replaced by ours, which run BullMQ's own texts inside. Nothing else of BullMQ changes.
 */
export class LedgerBackend extends RedisQueueBackend {
  readonly #options: LedgerBackendOptions
  readonly #claims = new Map<string, Claim>()
  /** By job and token: a worker may hold two claims of one job, when it lost the first. */
  readonly #settlements = new Map<string, Settlement & { readonly start: Start }>()
  /** The token that belongs to arguments on their way to a script. */
  readonly #tokens = new WeakMap<object, string>()
  readonly #settled = new Map<string, Settled>()
  readonly #lease: number
  #waiting: ReturnType<RedisQueueBackend['waitForJob']> | undefined
  #nudge: () => void = () => undefined
  /** When the last look for lost workers was answered, by the clock that does not jump. */
  #checkedAt: number | undefined
  /** The connection was lost since then. */
  #wasCut = false
  readonly #onClose = (): void => {
    this.#wasCut = true
  }
  #stopped = false
  /** Aborted while its worker does not claim. */
  #claiming = new AbortController()

  constructor(
    parameters: ConstructorParameters<typeof RedisQueueBackend>,
    options: LedgerBackendOptions,
    lease: number,
  ) {
    super(...parameters)
    this.#options = options
    // Each queue of a worker listens.
    options.redis.setMaxListeners(options.redis.getMaxListeners() + 1)
    options.redis.on('close', this.#onClose)
    this.#lease = lease
  }

  /** What came along with a job; taken once. */
  takeClaim(jobId: string): Claim {
    const claim = this.#claims.get(jobId)
    this.#claims.delete(jobId)
    return claim ?? { inputs: [], state: 'run' }
  }

  /** Says how the job's attempt ends. The processor calls it before it returns. */
  prepare(jobId: string, settlement: Settlement, start: Start): void {
    this.#settlements.set(`${jobId} ${start.token}`, { ...settlement, start })
  }

  /**
   * Takes the lease of an attempt again after it ran out. False when another attempt has started, or the job is gone: this
   * one is of no use any more.
   */
  async renew(jobId: string, start: Start): Promise<boolean> {
    const args = [jobId, start.count, start.at ?? '', start.token, this.#lease]
    return (await runScript(this.#options.redis, 'renew', [this.toKey('')], args)) === 1
  }

  /** What became of the settlement of a job; taken once, after BullMQ's `completed` event. */
  takeSettled(jobId: string): Settled | undefined {
    const settled = this.#settled.get(jobId)
    this.#settled.delete(jobId)
    return settled
  }

  /** Ends commits that wait for Redis: for a forced close only, for their results are lost to this worker. */
  abandon(): void {
    this.#stopped = true
  }

  override async moveToCompleted(
    job: MinimalJob,
    _returnValue: unknown,
    removeOnComplete: Parameters<RedisQueueBackend['moveToCompleted']>[2],
    token: string,
    fetchNext: boolean,
  ): ReturnType<RedisQueueBackend['moveToCompleted']> {
    // BullMQ's event stream would carry the value; the ledger has it.
    const args = this.moveToCompletedArgs(job, 'null', removeOnComplete, token, fetchNext)
    this.#tokens.set(args, token)
    const result = await this.moveToFinished(job.id ?? '', args)
    return { result, finishedOn: Number(args[15]) }
  }

  override execCommand(client: unknown, name: string, args: unknown[]): Promise<unknown> {
    // BullMQ hands its scripts strings, numbers and packed options.
    const given = args as Arguments
    if (name === 'moveToActive') return this.#claim(given)
    if (name === 'moveToFinished') return this.#settle(client as Client, given)
    if (name === 'moveStalledJobsToWait') return this.#recover(given)
    return super.execCommand(client as Client, name, args)
  }

  async #claim(args: Arguments): Promise<unknown> {
    const { gate } = this.#options
    if (gate === undefined) return this.#claimNext(args)
    if (!(await gate.enter())) return noJob
    let reply: unknown = noJob
    try {
      reply = await this.#claimNext(args)
      return reply
    } finally {
      if (!bringsJob(reply)) gate.leave()
    }
  }

  async #claimNext(args: Arguments): Promise<unknown> {
    const token = tokenOf(args[13])
    const reply = await this.#calmly(async () =>
      runScript(
        this.#options.redis,
        'claim',
        [...args.slice(0, 11).map(String), this.#options.prefix],
        [...args.slice(11, 14), token, this.#options.lowWater, this.#wanted()],
      ),
    )
    return this.#keepClaim(reply)
  }

  /**
   * Longest wait for a job, in seconds. A wake-up that a dead connection took along is made up for after it, and a connection
   * that is silent for a second longer is made anew by BullMQ.
   */
  override get maximumBlockTimeout(): number {
    return longestWait
  }

  /** One wait at a time: after a nudge the one under way goes on, and is the next one's. */
  override async waitForJob(blockTimeout: number): ReturnType<RedisQueueBackend['waitForJob']> {
    const wait = Math.min(blockTimeout, longestWait)
    this.#waiting ??= this.#calmly(async () => super.waitForJob(wait)).finally(() => {
      this.#waiting = undefined
    })
    const { promise: nudged, resolve } = Promise.withResolvers<null>()
    this.#nudge = () => resolve(null)
    return Promise.race([this.#waiting, nudged])
  }

  /** Makes a worker that waits for a job claim at once. */
  nudge(): void {
    this.#nudge()
  }

  /** What `take_left` gets. */
  #wanted(): Buffer | '' {
    const timers = this.#options.wanted?.() ?? []
    return timers.length === 0 ? '' : pack(timers)
  }

  /** Ends a claim that waits, and the pause after one that was refused. */
  override async disconnectBlocking(wait?: boolean): Promise<void> {
    this.#claiming.abort()
    await super.disconnectBlocking(wait)
  }

  override async reconnectBlocking(): Promise<void> {
    this.#claiming = new AbortController()
    await super.reconnectBlocking()
  }

  /** BullMQ asks again at once when the server refuses, some thousand times a second: READONLY, OOM, NOREPLICAS. */
  async #calmly<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask()
    } catch (error) {
      const { signal } = this.#claiming
      await delay(refusalPause, undefined, { signal }).catch(() => {})
      throw error
    }
  }

  async #recover(args: Arguments): Promise<unknown> {
    const wasCut = this.#wasCut
    this.#wasCut = false
    const since = this.#checkedAt === undefined ? -1 : performance.now() - this.#checkedAt
    const reply = await runScript(
      this.#options.redis,
      'recover',
      [...args.slice(0, 9).map(String), this.#options.prefix],
      [
        ...args.slice(9, 13),
        this.#options.lossBudget,
        this.#options.lowWater,
        Math.round(since),
        wasCut ? 1 : 0,
      ],
    )
    this.#checkedAt = performance.now()
    return reply
  }

  async #settle(client: Client, args: Arguments): Promise<unknown> {
    const jobId = String(args[14])
    const claim = `${jobId} ${this.#tokens.get(args) ?? ''}`
    const settlement = this.#settlements.get(claim)
    this.#settlements.delete(claim)
    if (settlement === undefined) {
      // Not a node run: somebody put a job of their own into our queue. BullMQ ends it, and fetches none without a claim.
      this.#options.gate?.leave()
      return super.execCommand(client, 'moveToFinished', args.with(19, 0))
    }
    const { element } = settlement
    const isElement = element !== undefined
    const [outcome, event, details] = outcomeArguments(settlement.outcome, isElement)
    const scriptArguments = [
      ...args.slice(14, 22),
      args[22] ?? '',
      settlement.run,
      settlement.index,
      settlement.start.count,
      outcome,
      event,
      settlement.plan,
      settlement.total,
      settlement.chunks,
      this.#options.lowWater,
      details,
      settlement.start.token,
      this.#lease,
      settlement.shown ? 1 : 0,
      settlement.start.at ?? '',
      settlement.lane,
      // A worker that stops fetches none.
      Number(args[19]) === 0 ? '' : this.#wanted(),
      element ?? '',
      isElement ? '' : fingerprintOf(settlement),
    ]
    const [code, reply] = SettleReply.parse(
      await this.#commit(jobId, settlement.start.token, scriptArguments),
    )
    this.#settled.set(jobId, { accepted: code >= 0, backlog: code === 1, settlement })
    if (!bringsJob(reply)) this.#options.gate?.leave()
    return this.#keepClaim(reply)
  }

  /**
   * Sends the commit until Redis has taken or refused it. An error of Redis is never handed to BullMQ, which would take it
   * for a failure of the node, spend an attempt and run a finished body again.
   */
  async #commit(jobId: string, token: string, args: Arguments): Promise<unknown> {
    for (let tries = 0; ; tries += 1) {
      try {
        const mark = this.#options.durability.mark()
        crashPoint('worker.committing')
        const reply = await runScript(this.#options.redis, 'settle', [this.#options.prefix], args)
        crashPoint('worker.committed')
        const { isStrict } = this.#options.durability
        if (!isStrict || (await this.#isDurable(mark, jobId, token, reply))) return reply
        // The server has changed since, and may have lost it. A repetition of what it has kept gets the same answer.
      } catch (error) {
        if (this.#stopped) throw error
        this.#options.onCommitError(error, jobId)
        await this.#keepLease(jobId, token)
        await delay(Math.min(50 * 2 ** Math.min(tries, 6), 2000))
      }
    }
  }

  /** Waits until the commit is durable, and holds the job meanwhile that came with it: BullMQ does not know of it yet. */
  async #isDurable(mark: Mark, jobId: string, token: string, reply: unknown): Promise<boolean> {
    const next = nextJobOf(reply)
    const hold = (): void => {
      if (next !== undefined) void this.#keepLease(next, token)
    }
    const timer = setInterval(hold, this.#lease / 4)
    try {
      for (;;) {
        try {
          const reached = await this.#options.durability.reached(mark)
          if (!reached) await delay(unsurePause)
          return reached
        } catch (error) {
          if (this.#stopped) throw error
          this.#options.onCommitError(error, jobId)
          await delay(unsurePause)
        }
      }
    } finally {
      clearInterval(timer)
    }
  }

  /** BullMQ renews no lease of a job that is being committed. These commands work even when Redis has no memory left. */
  async #keepLease(jobId: string, token: string): Promise<void> {
    const lock = `${this.toKey(jobId)}:lock`
    try {
      if ((await this.#options.redis.get(lock)) !== token) return
      await this.#options.redis.pexpire(lock, this.#lease)
    } catch {
      // The commit is tried again in any case, and counts unless another attempt has started.
    }
  }

  #keepClaim(reply: unknown): unknown {
    if (!Array.isArray(reply)) return reply
    const [job, id, limit, delayUntil, inputs, state]: unknown[] = reply
    if (!Array.isArray(job)) return reply
    this.#claims.set(String(id), {
      inputs: inputs === null ? undefined : References.parse(inputs ?? []),
      state: state === 'cancelled' || state === 'ended' ? state : 'run',
    })
    return [job, id, limit, delayUntil]
  }
}

/**
 * Makes a factory for `new Worker(name, processor, options, factory)`, and tells the caller about the backend it made.
 */
export function ledgerBackendFactory(
  options: LedgerBackendOptions,
  onBackend: (backend: LedgerBackend) => void,
): BackendFactory {
  return (name, given) => {
    const workerOptions = given as WorkerOptions
    const keys = new QueueKeys(workerOptions.prefix)
    const connection = new RedisConnection(options.redis, { shared: true, blocking: false })
    const blocking = new RedisConnection(
      options.redis.duplicate({
        connectionName: `${workerOptions.prefix}:${name}`,
        maxRetriesPerRequest: null,
      }),
      { shared: false, blocking: true },
    )
    const backend = new LedgerBackend(
      [
        connection,
        name,
        keys.getKeys(name),
        (type: string) => keys.toKey(name, type),
        workerOptions,
        blocking,
      ],
      options,
      workerOptions.lockDuration ?? 10_000,
    )
    onBackend(backend)
    return backend
  }
}

/** BullMQ's reply when nothing waits. */
const noJob: readonly number[] = [0, 0, 0, 0]

function bringsJob(reply: unknown): boolean {
  return Array.isArray(reply) && Array.isArray(reply[0])
}

/** By which others find the result to reuse it; empty when nobody is to. */
function fingerprintOf({ outcome }: Settlement): string {
  if (outcome.type !== 'ended' || outcome.record.status !== 'succeeded') return ''
  return outcome.record.fingerprint ?? ''
}

/** The job that a settlement brings along. */
function nextJobOf(reply: unknown): string | undefined {
  const [, next] = SettleReply.parse(reply)
  if (!Array.isArray(next)) return undefined
  const [job, id]: unknown[] = next
  return Array.isArray(job) ? String(id) : undefined
}

function tokenOf(packed: ScriptArgument | undefined): string {
  // BullMQ's packed options name the token; reading it there keeps one source.
  return ClaimOptions.parse(typeof packed === 'object' ? unpack(packed) : {}).token
}
