import * as z from 'zod'

import { ByteSizeSchema } from './byte-size-schema.ts'
import { DurationSchema } from './duration-schema.ts'
import { wholeNumber } from './whole-number.ts'

/** What a token lets its holder do: look at runs and the rest; enqueue and cancel runs; change schedules and pauses. */
export const serverScopes = ['read', 'run', 'admin'] as const

/** One of {@link serverScopes}. None includes another. */
export type ServerScope = (typeof serverScopes)[number]

/** Who may call, by name: the token itself is in no configuration. Exactly one of `sha256` and `env` is there. */
export interface ServerToken {
  readonly scopes: readonly ServerScope[]
  /** sha256 of the token, hex: it may be committed. */
  readonly sha256?: string | undefined
  /** Name of the environment variable that holds the token. The server alone reads it. */
  readonly env?: string | undefined
}

/** `server` of `pipewright.yml`: the HTTP door. */
export interface ServerConfig {
  /** Address to listen on. One that is not of this machine alone needs tokens. */
  readonly host: string
  /** 0 for any that is free. */
  readonly port: number
  /** Values of the Host header that are answered, beside those of the address: `name` for any port, or `name:port`. */
  readonly hosts: readonly string[]
  /** By name, which is logged and becomes a tag of the runs. None: whoever reaches the server may do everything. */
  readonly tokens: Readonly<Record<string, ServerToken>>
  /** Largest body of a request, in bytes. */
  readonly maxBody: number
  /** Requests of one token, or of one address without a token, in a time (ms). */
  readonly rate: { readonly max: number; readonly per: number }
  /** Streams of events that are open at a time. */
  readonly maxStreams: number
}

const host = z
  .string()
  .regex(
    /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::\d{1,5})?$/,
    'Expected a host as requests name it, such as pipelines.example.org or [::1]:5002',
  )
  .transform((name) => name.toLowerCase())

const token: z.ZodType<ServerToken> = z
  .strictObject({
    scopes: z.array(z.enum(serverScopes)).min(1),
    sha256: z
      .string()
      .regex(/^[0-9A-Fa-f]{64}$/, 'Expected 64 hex digits: "pipewright server token" prints them')
      .optional(),
    env: z
      .string()
      .regex(/^[A-Za-z_]\w*$/, 'Expected the name of an environment variable')
      .optional(),
  })
  .refine(
    ({ sha256, env }) => (sha256 === undefined) !== (env === undefined),
    "Expected one of 'sha256' and 'env'.",
  )

const name = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/, 'Use letters, digits, "_", "-" and "."')

export const ServerSchema: z.ZodType<ServerConfig> = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: wholeNumber(0).pipe(z.int().max(65_535)).default(5002),
  hosts: z.array(host).default([]),
  tokens: z.record(name, token).default({}),
  maxBody: ByteSizeSchema.pipe(
    z
      .int()
      .min(1024)
      .max(2 ** 30),
  ).default(2 ** 20),
  rate: z
    .strictObject({ max: wholeNumber(1), per: DurationSchema.pipe(z.int().min(1)) })
    .default({ max: 200, per: 1000 }),
  maxStreams: wholeNumber(1).default(1000),
})
