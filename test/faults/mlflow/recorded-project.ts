import { startFaultyProxy, type FaultyProxy } from '../../adapter/faulty-proxy.ts'
import type { WorkerProcess } from '../../support/worker-process.ts'
import { startFaultAdapter, type FaultAdapter } from '../adapter.ts'
import { openFaultProject, type FaultProject, type FaultProjectOptions } from '../project.ts'
import type { RowContext } from '../row.ts'

/** A project with a worker whose runs are recorded through a proxy that can spoil what the adapter asks of MLflow. */
export interface RecordedProject {
  readonly project: FaultProject
  readonly proxy: FaultyProxy
  readonly adapter: FaultAdapter
  readonly worker: WorkerProcess
}

/** Starts all of it. `env` is the adapter's. */
export async function openRecordedProject(
  context: RowContext,
  options: Pick<FaultProjectOptions, 'worker'>,
  env: Readonly<Record<string, string>> = {},
): Promise<RecordedProject> {
  const proxy = await startFaultyProxy(await context.mlflowUrl())
  context.cleanup(async () => proxy.down())
  const project = await openFaultProject(context, options)
  const [adapter, worker] = await Promise.all([
    startFaultAdapter(context, project, { MLFLOW_TRACKING_URI: proxy.uri, ...env }),
    project.work(),
  ])
  return { project, proxy, adapter, worker }
}
