import { readProjectCode } from '@pipewright/engine/internal'

import { openIsolates } from './isolate/isolates.ts'
import { openProject } from './isolate/open-project.ts'
import type { WorkerSettings } from './worker-settings.ts'
import { startWorkerOn, type Worker } from './worker.ts'

/** Options of `startWorker`; times in milliseconds. */
export interface WorkerOptions extends WorkerSettings {
  /** Folder of `pipewright.config.ts`, or one below it. Default: the working directory. */
  readonly root?: string | undefined
  /** Name of the configuration environment. Default `local`. */
  readonly env?: string | undefined
  /** Worker threads for nodes with `isolation: 'thread'`. Default: the number of cores. */
  readonly threads?: number | undefined
}

/**
 * Starts a worker for a project: it claims node runs from its queues and runs them until it is stopped.
 *
 * @throws ConfigError or PipelineError when the project or its configuration is wrong; InfrastructureError
 * `REDIS_UNREACHABLE`
 *
 * @example
 * const worker = await startWorker({ redis: process.env.REDIS_URL, queues: ['default', 'gpu'] })
 * process.once('SIGTERM', () => void worker.stop())
 */
export async function startWorker(options: WorkerOptions = {}): Promise<Worker> {
  const setup = { root: options.root ?? process.cwd(), env: options.env }
  const loaded = await openProject(setup)
  const { pipelines } = loaded.project
  const code = await readProjectCode(pipelines, loaded.root ?? setup.root)
  const isolates = openIsolates(setup, {
    loaded,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  })
  const { store, storeWith, queueConcurrency, rates, resources, limits } = loaded
  // Most nodes run in threads, and the first attempt would wait for one to load the project.
  const usesThreads = pipelines.some(({ nodes }) =>
    nodes.some(({ isolation }) => isolation === 'thread'),
  )
  if (usesThreads) isolates.of('thread').warm?.()
  const { configured = {}, env = 'local', schedules = {} } = loaded
  const starting = startWorkerOn({
    queueConcurrency,
    rates,
    resources,
    ...limits,
    ...options,
    isolates,
    store,
    storeWith,
    pipelines,
    code,
    publications: { pipelines, configured, env },
    ...(options.scheduler !== false && { schedules: { all: schedules, env } }),
  })
  starting.catch(() => isolates.close())
  return starting
}
