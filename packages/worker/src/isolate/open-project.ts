import type { Amounts, Project } from '@pipewright/engine'
import {
  callProjectHooks,
  catalogAccess,
  catalogFor,
  datasetNames,
  DatasetStore,
  findAddress,
  findProject,
  loadConfig,
  loadProject,
  openMlflowSource,
  openProjectStorage,
  type Catalog,
  type Config,
  type QueueRate,
  type SchedulesConfig,
} from '@pipewright/engine/isolate'

import type { OpenWith } from '../run-stores.ts'
import type { IsolateSetup } from './isolate.ts'

/** A project and the store of its datasets, already loaded. */
export interface LoadedProject {
  readonly project: Project
  /** Its folder. Default: the working directory. */
  readonly root?: string
  /** Finds the address of its MLflow. */
  readonly trackingUri?: () => Promise<string | undefined>
  readonly store: DatasetStore
  /** Opens the store of runs with runtime params. Default: they have the same. */
  readonly storeWith?: OpenWith
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
    loadConfig({ root: place.root, env, runtimeParams: 'later' }),
  ])
  // From here on they are masked in whatever this thread or process logs and reports.
  config.credentials.remember()
  const catalog = catalogFor(config, datasetNames(project.pipelines))
  await callProjectHooks(project, config, catalog, {
    // There is no node yet to whose log it belongs.
    warn: (message, fields) => process.emitWarning(`${message} ${String(fields?.['error'])}`),
  })
  const store = openStore(config, catalog)
  const storeWith: OpenWith = async (runtimeParams) =>
    openStoreFor(project, await loadConfig({ root: place.root, env, runtimeParams }))
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
    storeWith,
    configured: config.parameters.nested,
    env: config.env,
    schedules: config.schedules,
    queueConcurrency,
    rates,
    resources: worker.resources,
    limits,
  }
}

/** The datasets of a project as its catalog has them. */
function openStoreFor({ pipelines }: Project, config: Config): DatasetStore {
  return openStore(config, catalogFor(config, datasetNames(pipelines)))
}

function openStore(config: Config, catalog: Catalog): DatasetStore {
  return new DatasetStore({
    catalog,
    root: config.root,
    storage: openProjectStorage(config),
    mlflow: openMlflowSource(config),
    access: catalogAccess(config),
  })
}
