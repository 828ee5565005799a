import type { Amounts, Project } from '@pipewright/engine'
import {
  catalogAccess,
  DatasetStore,
  findAddress,
  findProject,
  loadConfig,
  loadProject,
  openMlflowSource,
  openProjectStorage,
  type QueueRate,
  type SchedulesConfig,
} from '@pipewright/engine/isolate'

import type { IsolateSetup } from './isolate.ts'

/** A project and the store of its datasets, already loaded. */
export interface LoadedProject {
  readonly project: Project
  /** Its folder. Default: the working directory. */
  readonly root?: string
  /** Finds the address of its MLflow. */
  readonly trackingUri?: () => Promise<string | undefined>
  readonly store: DatasetStore
  /** Content of `parameters.yml`. */
  readonly configured?: Readonly<Record<string, unknown>>
  /** Name of the configuration environment. */
  readonly env?: string
  /** Content of `schedules.yml`. */
  readonly schedules?: SchedulesConfig
  /** Node runs at a time of single queues, from `pipewright.yml`. */
  readonly queueConcurrency?: Readonly<Record<string, number>>
  /** Rates of single queues, from `pipewright.yml`; null for a queue without. */
  readonly rates?: Readonly<Record<string, QueueRate | null>>
  /** What a worker offers to its node runs, from `pipewright.yml`. */
  readonly resources?: Amounts
  /** What is kept, and how much of it, from `pipewright.yml`. */
  readonly limits?: { readonly keepRuns: number | null; readonly outboxMaxBytes: number }
}

/** Loads a project's code and configuration, and opens the store of its datasets. @throws ConfigError, PipelineError */
export async function openProject({ root, env }: IsolateSetup): Promise<LoadedProject> {
  const place = await findProject(root)
  const [project, config] = await Promise.all([
    loadProject(place),
    loadConfig({ root: place.root, env }),
  ])
  // From here on they are masked in whatever this thread or process logs and reports.
  config.credentials.remember()
  const storage = openProjectStorage(config)
  const store = new DatasetStore({
    catalog: config.catalog,
    root: place.root,
    storage,
    mlflow: openMlflowSource(config),
    access: catalogAccess(config),
  })
  const queueConcurrency = Object.fromEntries(
    Object.entries(config.pipewright.queues).flatMap(([queue, { concurrency }]) =>
      concurrency === undefined ? [] : [[queue, concurrency]],
    ),
  )
  const { retention, outbox, queues, worker } = config.pipewright
  const names = [...worker.queues, ...Object.keys(queues)]
  const rates = Object.fromEntries(names.map((name) => [name, queues[name]?.rate ?? null]))
  const limits = { keepRuns: retention.keep, outboxMaxBytes: outbox.maxBytes }
  return {
    project,
    root: place.root,
    trackingUri: async () => (await findAddress(config, 'tracking'))?.uri,
    store,
    configured: config.parameters.nested,
    env: config.env,
    schedules: config.schedules,
    queueConcurrency,
    rates,
    resources: worker.resources,
    limits,
  }
}
