import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { startAdapter, type AdapterLog } from '@pipewright/mlflow-adapter'
import * as z from 'zod'

/** Runs an adapter that is configured by the environment alone, until SIGTERM or SIGINT. Its log is one JSON object a line. */
const Environment = z.object({
  REDIS_URL: z.string(),
  MLFLOW_TRACKING_URI: z.string(),
  MLFLOW_EXPERIMENT_NAME: z.string().default('Default'),
  PIPEWRIGHT_PREFIX: z.string().optional(),
  PIPEWRIGHT_ARTIFACTS: z.string().default(''),
  PIPEWRIGHT_STORE: z.string().optional(),
  PIPEWRIGHT_ADAPTER_LEASE: z.coerce.number().default(10_000),
  PIPEWRIGHT_ADAPTER_TIMEOUT: z.coerce.number().optional(),
  PIPEWRIGHT_ADAPTER_LONGEST_DELAY: z.coerce.number().optional(),
})

const env = Environment.parse(process.env)
const line =
  (level: string) =>
  (fields: Readonly<Record<string, unknown>>, message: string): void => {
    process.stdout.write(`${JSON.stringify({ level, time: Date.now(), message, ...fields })}\n`)
  }
const log: AdapterLog = { info: line('info'), warn: line('warn'), error: line('error') }

const { PIPEWRIGHT_ADAPTER_TIMEOUT: timeout, PIPEWRIGHT_ADAPTER_LONGEST_DELAY: longestDelay } = env
const adapter = await startAdapter({
  redis: env.REDIS_URL,
  ...(env.PIPEWRIGHT_PREFIX === undefined ? {} : { prefix: env.PIPEWRIGHT_PREFIX }),
  tracking: { uri: env.MLFLOW_TRACKING_URI },
  experiment: env.MLFLOW_EXPERIMENT_NAME,
  lease: env.PIPEWRIGHT_ADAPTER_LEASE,
  ...(timeout === undefined ? {} : { timeout }),
  ...(longestDelay === undefined ? {} : { longestDelay }),
  readStore: async (path) =>
    env.PIPEWRIGHT_STORE === undefined ? undefined : readFile(join(env.PIPEWRIGHT_STORE, path)),
  settings: { artifacts: { datasets: env.PIPEWRIGHT_ARTIFACTS.split(',').filter(Boolean) } },
  log,
})
log.info({ pid: process.pid }, 'The adapter records')

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void adapter.stop())
