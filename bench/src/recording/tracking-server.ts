import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openMlflow } from 'pipewright/embedded'
import * as z from 'zod'

import { pythonEnvironment } from '../private-redis.ts'
import { startCountingProxy, type CountingProxy } from './counting-proxy.ts'

const Found = z.object({
  runs: z
    .array(
      z.object({
        info: z.object({ status: z.string() }),
        data: z.object({ metrics: z.array(z.unknown()).default([]) }),
      }),
    )
    .default([]),
})
const Named = z.object({ experiment: z.object({ experiment_id: z.string() }) })

/** What an experiment holds. */
export interface Held {
  readonly runs: number
  /** Of these, runs that have ended well. */
  readonly finished: number
  /** Last values of metrics, over all runs. */
  readonly metrics: number
}

/** An MLflow of the bench's own, as the embedded one is started: one process, SQLite. */
export interface TrackingServer {
  readonly uri: string
  /** The same server by a way on which every call is counted. */
  readonly counted: CountingProxy
  /** What is recorded in an experiment. */
  held(experiment: string): Promise<Held>
  stop(): Promise<void>
}

/** Starts one with an empty database. A server that `MLFLOW_TRACKING_URI` names is never used. */
export async function startTrackingServer(): Promise<TrackingServer> {
  delete process.env['MLFLOW_TRACKING_URI']
  pythonEnvironment()
  const root = await mkdtemp(join(tmpdir(), 'pipewright-bench-'))
  const opened = openMlflow({ root, onProgress: (message) => console.error(message) })
  const { uri } = await opened.ready
  const counted = await startCountingProxy(uri)
  return {
    uri,
    counted,
    held: async (experiment) => countHeld(uri, experiment),
    async stop() {
      await counted.close()
      await opened.close()
      await rm(root, { recursive: true, force: true })
    },
  }
}

async function countHeld(uri: string, name: string): Promise<Held> {
  const { experiment } = Named.parse(
    await ask(`${uri}/api/2.0/mlflow/experiments/get-by-name?experiment_name=${name}`),
  )
  const { runs } = Found.parse(
    await ask(`${uri}/api/2.0/mlflow/runs/search`, {
      experiment_ids: [experiment.experiment_id],
      max_results: 50_000,
    }),
  )
  return {
    runs: runs.length,
    finished: runs.filter(({ info }) => info.status === 'FINISHED').length,
    metrics: runs.reduce((sum, { data }) => sum + data.metrics.length, 0),
  }
}

async function ask(url: string, body?: object): Promise<unknown> {
  const answer = await fetch(
    url,
    body && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    },
  )
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return answer.json()
}
