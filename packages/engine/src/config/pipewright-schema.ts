import * as z from 'zod'

import type { AllowedInput } from '../catalog/allowed-input.ts'
import { isAllowEntry, publicOnly, type NetworkPolicy } from '../catalog/network-policy.ts'
import { amountsOf, type Amounts } from '../definition/resources.ts'
import { PipelineError } from '../errors.ts'
import { ByteSizeSchema } from './byte-size-schema.ts'
import { DurationSchema } from './duration-schema.ts'
import { ServerSchema, type ServerConfig } from './server-schema.ts'
import { wholeNumber } from './whole-number.ts'

/** `pipewright.yml`: Redis, the run's store, queues, workers, and how long runs are kept. */
export interface PipewrightConfig {
  readonly redis: {
    /** `redis://…` or `rediss://…`; null for an embedded one. The variable `REDIS_URL`, where set, wins over it. */
    readonly url: string | null
    /** Prefix of all keys: one hash tag, `{pw}` by default. */
    readonly prefix: string
    /** When a write counts as done: when Redis has it, or with `strict` when it is on its disk. */
    readonly durability: 'default' | 'strict'
    /** With `strict`: replicas that must have each write too. */
    readonly replicas: number
  }
  readonly store: {
    /** Path relative to the project, or an address: `file://`, `s3://`, `gs://`, `az://`, `abfs://`. */
    readonly url: string
    /** Key of `credentials.yml` for it; null for what the vendor's library finds by itself. */
    readonly credentials: string | null
  }
  /** What datasets may be read over HTTP. */
  readonly network: NetworkPolicy
  readonly inputs: {
    /** Where inputs of single runs may lie beside the project's folder. */
    readonly allow: readonly AllowedInput[]
  }
  /** Settings of one queue, by name. A queue that is not listed has the worker's. */
  readonly queues: Readonly<Record<string, QueueConfig>>
  readonly worker: {
    /** Queues to serve when the command names none. */
    readonly queues: readonly string[]
    /** Node runs at a time, in one worker. */
    readonly concurrency: number
    /** What it offers to nodes that ask for resources. */
    readonly resources: Amounts
    /** Milliseconds after which a silent worker has lost its node run. */
    readonly lease: number
    /** Milliseconds between two looks for lost workers. */
    readonly checkEvery: number
    /** Lost workers after which a node run has failed. */
    readonly lossBudget: number
  }
  readonly retention: {
    /** Milliseconds that a succeeded run and its files are kept after its end. */
    readonly succeeded: number
    /** The same for failed and cancelled runs. */
    readonly failed: number
    /** Ended runs that are kept at most, the newest; null for any number. */
    readonly keep: number | null
  }
  readonly outbox: {
    /** Bytes of Redis' memory that events hold which an adapter has not recorded yet. */
    readonly maxBytes: number
  }
  /** The HTTP door. */
  readonly server: ServerConfig
}

/** Settings of one queue. */
export interface QueueConfig {
  /** Node runs of this queue at a time, in one worker; default `worker.concurrency`. */
  readonly concurrency?: number | undefined
  /** Node runs of it that are started in a time, by all workers together. Default: any number. */
  readonly rate?: QueueRate | undefined
}

/** A rate: so many node runs in so many milliseconds. */
export interface QueueRate {
  readonly max: number
  readonly per: number
}

/** Ended runs that are kept where nothing is configured. */
export const defaultKeep = 10_000
/** Bytes of the outbox where nothing is configured. */
export const defaultOutboxBytes: number = 64 * 1024 * 1024

const ResourcesSchema: z.ZodType<Amounts> = z
  .record(z.string(), z.union([z.number(), z.string()]))
  .prefault({})
  .transform((given, context) => {
    try {
      return amountsOf('worker', given)
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error
      context.addIssue({ code: 'custom', message: `${error.message} ${error.hint ?? ''}`.trim() })
      return z.NEVER
    }
  })

const name = z
  .string()
  .regex(/^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,99}$/u, 'Use letters, digits, "_", "-" and "."')

const redisUrl = z
  .string()
  .regex(/^(rediss?|unix):\/\//, 'Expected an address such as redis://localhost:6379')

export const PipewrightSchema: z.ZodType<PipewrightConfig> = z.strictObject({
  redis: z
    .strictObject({
      url: redisUrl.nullable().default(null),
      prefix: z
        .string()
        .regex(
          /^\{[\w.-]{1,50}(?::\d{1,5})?\}$/,
          'Use letters, digits, "_", "-" or "." in braces, such as "{pw}"',
        )
        .default('{pw}'),
      durability: z.enum(['default', 'strict']).default('default'),
      replicas: wholeNumber(0).default(0),
    })
    .prefault({}),
  store: z
    .strictObject({
      url: z.string().min(1).default('.pipewright/store'),
      credentials: z.string().min(1).nullable().default(null),
    })
    .prefault({}),
  network: z
    .strictObject({
      allow: z
        .array(
          z
            .string()
            .refine(
              isAllowEntry,
              'Expected a host, an address, either with a port, or a range such as 10.0.0.0/8',
            ),
        )
        .default([]),
      maxBytes: ByteSizeSchema.default(publicOnly.maxBytes),
    })
    .prefault({}),
  inputs: z
    .strictObject({
      allow: z
        .array(
          z.union([
            z
              .string()
              .min(1)
              .transform((filepath) => ({ filepath })),
            z.strictObject({
              filepath: z.string().min(1),
              credentials: z.string().min(1).optional(),
            }),
          ]),
        )
        .default([]),
    })
    .prefault({}),
  queues: z
    .record(
      name,
      z.strictObject({
        concurrency: wholeNumber(1).optional(),
        rate: z
          .strictObject({ max: wholeNumber(1), per: DurationSchema.pipe(z.int().min(1)) })
          .optional(),
      }),
    )
    .default({}),
  worker: z
    .strictObject({
      queues: z.array(name).min(1).default(['default']),
      concurrency: wholeNumber(1).default(8),
      resources: ResourcesSchema.prefault({}),
      lease: DurationSchema.pipe(z.int().min(1000).max(600_000)).default(10_000),
      checkEvery: DurationSchema.pipe(z.int().min(500).max(600_000)).default(5000),
      lossBudget: wholeNumber(1).default(10),
    })
    .prefault({}),
  retention: z
    .strictObject({
      succeeded: DurationSchema.default(7 * 86_400_000),
      failed: DurationSchema.default(30 * 86_400_000),
      keep: wholeNumber(1).nullable().default(defaultKeep),
    })
    .prefault({}),
  outbox: z
    .strictObject({ maxBytes: wholeNumber(65_536).default(defaultOutboxBytes) })
    .prefault({}),
  server: ServerSchema.prefault({}),
})
