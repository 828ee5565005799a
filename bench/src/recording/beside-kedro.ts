import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

import type { Pipeline } from '@pipewright/engine'
import { connect, type Client, type Run } from '@pipewright/engine/client'

import type { PrivateRedis } from '../private-redis.ts'
import { WorkerProcess } from '../worker-process.ts'
import { AdapterProcess } from './adapter-process.ts'
import { openKedroProject } from './kedro-project.ts'
import { chain100, single } from './pipelines.ts'
import type { TrackingServer } from './tracking-server.ts'

/** One repetition; milliseconds from the command, or from the enqueue. */
export interface KedroSample {
  /** To the end of the pipeline. */
  readonly ended: number
  /** To the end of its record. */
  readonly recorded: number
}

/** A way to run the chain, or a single node, and what it came to. */
export interface KedroRow {
  readonly name: string
  readonly nodes: number
  /** Requests that MLflow was sent, in the counted repetition. */
  readonly calls: number
  readonly samples: readonly KedroSample[]
}

/** The address of MLflow is a repetition's: direct, or through the proxy that counts. */
type Measure = (tracking: string) => Promise<KedroSample>

interface Contestant {
  readonly name: string
  readonly nodes: number
  /** Its own experiment; each repetition adds `runs` runs and `metrics` metrics to it. */
  readonly experiment: string
  readonly runs: number
  readonly metrics: number
  readonly measure: Measure
}

const root = join(import.meta.dirname, '../../projects/recorded')
const command = join(import.meta.dirname, '../../../packages/cli/bin/pipewright.mjs')

/** Runs the same chain by kedro-mlflow and by us, on the same MLflow, in turn. Two repetitions come first, one of which is counted; their times are discarded. */
export async function measureBesideKedro(
  redis: PrivateRedis,
  server: TrackingServer,
  pairs: number,
): Promise<readonly KedroRow[]> {
  const kedro = await openKedroProject('kedro')
  const service = await openService(redis)
  const cli = await connect({ redis: redis.url, prefix: '{cli}' })
  const contestants = [
    ofKedro(kedro, 'chain', 100),
    ofCommand(cli, redis.url, chain100, 'local'),
    ofCommand(cli, redis.url, chain100, 'lineage'),
    service.contestant,
    ofKedro(kedro, 'single', 1),
    ofCommand(cli, redis.url, single, 'local'),
  ]
  try {
    const rows = contestants.map((contestant) => ({
      contestant,
      calls: 0,
      samples: [] as KedroSample[],
    }))
    for (const row of rows) row.calls = await countCalls(row.contestant, server)
    for (let pair = 1; pair <= pairs; pair += 1) {
      console.error(`beside kedro-mlflow: pair ${pair} of ${pairs}`)
      const first = (pair * 2) % rows.length
      for (const { contestant, samples } of [...rows.slice(first), ...rows.slice(0, first)])
        samples.push(await contestant.measure(server.uri))
    }
    for (const contestant of contestants) await assertHeld(contestant, server, pairs + 2)
    return rows.map(({ contestant: { name, nodes }, calls, samples }) => ({
      name,
      nodes,
      calls,
      samples,
    }))
  } finally {
    await service.close()
    await cli.close()
    await kedro.remove()
  }
}

async function countCalls(
  { name, nodes, measure }: Contestant,
  { counted, uri }: TrackingServer,
): Promise<number> {
  console.error(`beside kedro-mlflow: counting the calls of ${name}, ${nodes}`)
  // The first run makes the experiment, which later ones find.
  await measure(uri)
  counted.take()
  await measure(counted.uri)
  return counted.take().length
}

/** `kedro run`: when it ends, everything is recorded. */
function ofKedro(
  { root: cwd, command: kedro }: { readonly root: string; readonly command: string },
  pipeline: string,
  nodes: number,
): Contestant {
  return {
    name: 'kedro run',
    nodes,
    experiment: 'kedro',
    // One run for both pipelines of a repetition: they share the experiment.
    runs: 2,
    metrics: 101,
    async measure(tracking) {
      const { start, end } = await runCommand(kedro, ['run', `--pipeline=${pipeline}`], cwd, {
        MLFLOW_TRACKING_URI: tracking,
        DO_NOT_TRACK: '1',
      })
      return { ended: end - start, recorded: end - start }
    },
  }
}

/** `pipewright run`: it tells the run's end and stays until it is recorded. */
function ofCommand(
  client: Client,
  redis: string,
  pipeline: Pipeline,
  env: 'local' | 'lineage',
): Contestant {
  const nodes = pipeline.nodes.length
  const experiment = `command-${nodes}-${env}`
  return {
    name: env === 'lineage' ? 'pipewright run, lineage' : 'pipewright run',
    nodes,
    experiment,
    runs: nodes + 1,
    metrics: 2 * nodes,
    async measure(tracking) {
      const { start, end } = await runCommand(
        process.execPath,
        [command, 'run', pipeline.name, '--env', env],
        root,
        {
          REDIS_URL: redis,
          PIPEWRIGHT_PREFIX: '{cli}',
          MLFLOW_TRACKING_URI: tracking,
          MLFLOW_EXPERIMENT_NAME: experiment,
        },
      )
      const [run] = await client.runs.newest(1)
      return { ended: endOf(run) - start, recorded: end - start }
    },
  }
}

/** `enqueue` in a service, with a worker and an adapter that are there already. */
async function openService({
  url: redis,
}: PrivateRedis): Promise<{ readonly contestant: Contestant; close(): Promise<void> }> {
  const prefix = '{service}'
  const experiment = 'service'
  const setup = { redis, prefix, concurrency: 8, root }
  const worker = await WorkerProcess.start('pipewright-main', setup, [])
  const client = await connect({ redis, prefix })
  let adapter: { readonly tracking: string; readonly process: AdapterProcess } | undefined
  const recordedBy = async (tracking: string): Promise<AdapterProcess> => {
    if (adapter?.tracking === tracking) return adapter.process
    await adapter?.process.stop()
    const options = { redis, prefix, experiment, tracking, lineage: false }
    adapter = { tracking, process: await AdapterProcess.start(options) }
    return adapter.process
  }
  const nodes = chain100.nodes.length
  const measure: Measure = async (tracking) => {
    const recorder = await recordedBy(tracking)
    const start = Date.now()
    const handle = await client.enqueue(chain100)
    const ended = endOf(await handle.wait()) - start
    await recorder.recorded()
    return { ended, recorded: Date.now() - start }
  }
  return {
    contestant: {
      name: 'enqueue to a worker',
      nodes,
      experiment,
      runs: nodes + 1,
      metrics: 2 * nodes,
      measure,
    },
    async close() {
      await adapter?.process.stop()
      await client.close()
      await worker.stop()
    },
  }
}

/** Runs a command to its end. Times are ms since 1970, comparable with those of the ledger. */
async function runCommand(
  file: string,
  args: readonly string[],
  cwd: string,
  variables: Readonly<Record<string, string>>,
): Promise<{ readonly start: number; readonly end: number }> {
  // Without compiled bytecode each start of Python would take three times as long.
  const { PYTHONDONTWRITEBYTECODE: _, ...env } = process.env
  const start = Date.now()
  const child = spawn(file, args, {
    cwd,
    env: { ...env, ...variables },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const errors: string[] = []
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()))
  const [code] = await once(child, 'exit')
  const end = Date.now()
  if (code === 0) return { start, end }
  throw new Error(`${file} ${args.join(' ')} ended with ${code}:\n${errors.join('').slice(-4000)}`)
}

function endOf(run: Run | undefined): number {
  if (run?.status === 'succeeded' && run.endedAt !== undefined) return run.endedAt
  throw new Error(`The run ended as ${run?.status}.`)
}

async function assertHeld(
  { name, experiment, runs, metrics }: Contestant,
  server: TrackingServer,
  repetitions: number,
): Promise<void> {
  const held = await server.held(experiment)
  if (held.finished === runs * repetitions && held.metrics === metrics * repetitions) return
  throw new Error(
    `MLflow holds ${held.finished} runs and ${held.metrics} metrics of ${name} after ${repetitions} repetitions, ` +
      `not ${runs} and ${metrics} of each.`,
  )
}
