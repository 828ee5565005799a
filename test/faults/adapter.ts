import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { keys } from '@pipewright/engine/internal'
import type { Redis } from 'ioredis'

import { SeenServer } from '../adapter/tracking-server.ts'
import type { TrackedRun } from './checker/history.ts'
import type { RowContext } from './row.ts'
import { until } from './until.ts'

const main = fileURLToPath(new URL('../adapter/adapter-main.ts', import.meta.url))

/** Halves the time that an adapter takes to start. */
const compileCache = fileURLToPath(new URL('../../node_modules/.cache/compile', import.meta.url))

/** A project, as far as its adapter needs to know it. */
export interface RecordedProject {
  readonly url: string
  readonly prefix: string
  readonly redis: Redis
}

/** The MLflow adapter of a project, in a process of its own. */
export interface FaultAdapter {
  readonly pid: number
  readonly ended: Promise<unknown>
  /** Lines of its log so far. */
  readonly lines: readonly string[]
  signal(signal: NodeJS.Signals): void
  /** Waits until every event so far is recorded. False when it is not in time. */
  recorded(limit: number): Promise<boolean>
  /** What MLflow's API shows of the project. */
  tracked(): Promise<readonly TrackedRun[]>
}

/** Starts one; its experiment is the project's own. */
export async function startFaultAdapter(
  context: RowContext,
  project: RecordedProject,
  env: Readonly<Record<string, string>> = {},
): Promise<FaultAdapter> {
  const uri = await context.mlflowUrl()
  const experiment = project.prefix.slice(1, -1)
  const child = spawn(process.execPath, ['--conditions=@pipewright/source', main], {
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: compileCache,
      REDIS_URL: project.url,
      MLFLOW_TRACKING_URI: uri,
      MLFLOW_EXPERIMENT_NAME: experiment,
      PIPEWRIGHT_PREFIX: project.prefix,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  context.cleanup(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const lines: string[] = []
  const output = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  await Promise.race([once(output, 'line'), ended])
  return {
    pid: child.pid ?? -1,
    ended,
    lines,
    signal: (signal) => void child.kill(signal),
    recorded: async (limit) =>
      until('the adapter', async () => (await behind(project)) === 0, limit).catch(() => false),
    tracked: async () => new SeenServer(uri, experiment).runs(),
  }
}

/** Events that the adapter has not acknowledged. */
async function behind({ redis, prefix }: RecordedProject): Promise<number> {
  const reply = await redis.xinfo('GROUPS', keys.outbox(prefix))
  const groups = (Array.isArray(reply) ? reply : []).map((group: unknown) => {
    const fields = Array.isArray(group) ? group.map(String) : []
    return (name: string): string | undefined => fields[fields.indexOf(name) + 1]
  })
  const adapter = groups.find((group) => group('name') === 'mlflow')
  return Number(adapter?.('lag') ?? Number.NaN) + Number(adapter?.('pending') ?? 0)
}
