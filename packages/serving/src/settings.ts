import { availableParallelism } from 'node:os'

import { UsageError } from '@pipewright/engine'
import * as z from 'zod'

import { flavors, type Flavor } from './model-folder.ts'
import type { PythonOptions } from './predictor/python-server.ts'
import type { Share } from './traffic/split.ts'

/** How a model is served. Every field has a default. */
export interface ServingSettings {
  /** Address that is listened on. Default `127.0.0.1`. */
  readonly host: string
  /** Default 5001; 0 takes any that is free. */
  readonly port: number
  /** Aliases beside the main model, and their shares of the requests. Default none. */
  readonly canaries: readonly Share[]
  /** An alias that gets copies of this share of the requests, for comparison. Default none. */
  readonly shadow?: Share | undefined
  /** Header that holds the key by which requests stay with one version. Default `x-pipewright-key`. */
  readonly keyHeader: string
  /** Bounds such as `error_rate>5%`; a version on trial that crosses one is taken out. Default `error_rate>5%`. */
  readonly bounds: readonly string[]
  /** Requests that a bound looks back over, in ms. Default 60,000. */
  readonly window: number
  /** With fewer requests no bound is crossed. Default 20. */
  readonly minRequests: number
  /** How long the version before the main one is kept, to go back to, in ms. Default 300,000; 0 keeps none. */
  readonly probation: number
  /** Whether a rollback moves the alias in the registry too, so that other servers follow. Default true. */
  readonly moveAliases: boolean
  /** Between two looks at the registry, in ms. Default 5000. */
  readonly pollEvery: number
  /** Threads of each version. Default: one for each core. */
  readonly threads: number
  /** Requests in one thread at once. Default 4. */
  readonly perThread: number
  /** Requests that wait for a thread at most; more get 503. Default 1000. */
  readonly maxWaiting: number
  /** Longest time of an answer, in ms. Default: MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT, else 60,000. */
  readonly timeout: number
  /** How long a version on trial is waited for before the proven one answers in its place, in ms. Default 5000. */
  readonly trialTimeout: number
  /** Largest body, in bytes. Default 100,000,000. */
  readonly maxBody: number
  /** Which flavor to serve. Default: the first that the model has of pipewright, onnx, python_function. */
  readonly flavor?: Flavor | undefined
  /** Folders from which `onnxruntime-node` is looked up. Default: the working directory. */
  readonly runtimeFrom: readonly string[]
  readonly python: PythonOptions
  /** Where fetched versions are kept. Default `.pipewright/models` in the working directory. */
  readonly cache: string
}

/** What may be left out of {@link ServingSettings}: everything. */
export type ServingSettingsInput = {
  readonly [Key in keyof ServingSettings]?: Key extends 'python'
    ? { readonly [Name in keyof PythonOptions]?: PythonOptions[Name] | undefined } | undefined
    : ServingSettings[Key] | undefined
}

const duration = z.number().nonnegative()
const share = z.object({ alias: z.string().min(1), share: z.number().min(0).max(1) })

const schema: z.ZodType<ServingSettings> = z.object({
  host: z.string().default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(5001),
  canaries: z
    .array(share)
    .refine((list) => sum(list) <= 1 + 1e-9, 'The shares must not be more than 100 % together.')
    .default([]),
  shadow: share.optional(),
  keyHeader: z.string().toLowerCase().default('x-pipewright-key'),
  bounds: z.array(z.string()).default(['error_rate>5%']),
  window: duration.default(60_000),
  minRequests: z.int().min(1).default(20),
  probation: duration.default(300_000),
  moveAliases: z.boolean().default(true),
  pollEvery: duration.default(5000),
  threads: z.int().min(1).default(availableParallelism()),
  perThread: z.int().min(1).default(4),
  maxWaiting: z.int().min(1).default(1000),
  timeout: duration.default(timeoutOfMlflow),
  trialTimeout: duration.default(5000),
  maxBody: z.int().min(1).default(100_000_000),
  flavor: z.enum(flavors).optional(),
  runtimeFrom: z.array(z.string()).default(() => [process.cwd()]),
  python: z
    .object({
      python: z.string().optional(),
      envManager: z.enum(['local', 'virtualenv', 'uv', 'conda']).default('local'),
      workers: z.int().min(1).default(1),
      startTimeout: duration.default(600_000),
    })
    .prefault({}),
  cache: z.string().default('.pipewright/models'),
})

/**
 * Checks settings and fills the defaults in.
 *
 * @throws UsageError `INVALID_SERVING_SETTINGS`
 */
export function servingSettings(input: ServingSettingsInput = {}): ServingSettings {
  const { data, error } = schema.safeParse(input)
  if (data !== undefined) return data
  throw new UsageError('INVALID_SERVING_SETTINGS', z.prettifyError(error), {
    hint: 'The guide on serving lists every setting with its default.',
  })
}

function sum(shares: readonly Share[]): number {
  return shares.reduce((total, { share }) => total + share, 0)
}

/** MLflow's own variable for the same thing, in seconds. */
function timeoutOfMlflow(): number {
  const seconds = Number(process.env['MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT'])
  return seconds > 0 ? seconds * 1000 : 60_000
}
