import type { Redis } from 'ioredis'
import * as z from 'zod'

import * as keys from './keys.ts'

/** Why a consumer of the outbox cannot do its work just now. */
export interface Trouble {
  readonly code: string
  readonly message: string
  readonly hint?: string | undefined
  /** Nothing helps but that somebody sets something right. */
  readonly isPaused: boolean
  /** Since when, in ms. */
  readonly since: number
  /** Machine of the consumer. */
  readonly host: string
}

const Trouble: z.ZodType<Trouble> = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  isPaused: z.boolean(),
  since: z.number(),
  host: z.string(),
})

/** What is said lapses after so many ms, unless it is said again: whoever said it may have died. */
const lapse = 60_000

/** The trouble of a consumer group, for `doctor` on any machine. */
export class RecordingTrouble {
  readonly #redis: Redis
  readonly #key: string

  constructor(redis: Redis, prefix: string, group: string) {
    this.#redis = redis
    this.#key = keys.trouble(prefix, group)
  }

  /** Says it, for the next minute. */
  async tell(trouble: Trouble): Promise<void> {
    await this.#redis.set(this.#key, JSON.stringify(trouble), 'PX', lapse)
  }

  /** It is over. */
  async clear(): Promise<void> {
    await this.#redis.del(this.#key)
  }

  /** The trouble; undefined when there is none. */
  async look(): Promise<Trouble | undefined> {
    const text = await this.#redis.get(this.#key)
    if (text === null) return undefined
    try {
      return Trouble.safeParse(JSON.parse(text)).data
    } catch {
      // of another version
      return undefined
    }
  }
}
