import * as z from 'zod'

import { mlflowKey } from './key.ts'
import { pipelineFilter } from './links.ts'

/** MLflow's page keeps the views that people save as tags of the experiment, and lists them under "Views". */
export const viewTag = 'mlflow.sharedViewState.'
/** So many of them MLflow's page lets people save. */
export const mostViews = 40

const mostMetrics = 8
const mostParams = 4

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue('is not JSON')
    return z.NEVER
  }
})
const State = z.object({ selectedColumns: z.array(z.string()).default([]) })
const Saved = json.pipe(
  z.object({ createdAt: z.number(), updatedAt: z.number(), state: json.pipe(State) }),
)

/** What the view of a pipeline shows. */
export interface PipelineView {
  readonly pipeline: string
  /** Metrics of the parents that the pipeline promotes, as MLflow spells them. */
  readonly promoted: readonly string[]
  /** The others; shown where none is promoted. */
  readonly others: readonly string[]
  /** Params of the parents, as MLflow spells them. */
  readonly params: readonly string[]
}

/** By this a link leads to the view of a pipeline. */
export function viewOf(pipeline: string): string {
  return mlflowKey(`pipewright-${pipeline}`)
}

/**
 * The view of a pipeline's parents: its runs without their nodes, newest first, with the metrics and params that matter as
 * columns. MLflow's own table shows neither until someone chooses them.
 *
 * @param present What the experiment has already.
 * @returns undefined when that is to stay: it shows all of this, or somebody changed it
 */
export function savedView(
  view: PipelineView,
  present: string | undefined,
  at: number,
): string | undefined {
  const metrics = (view.promoted.length > 0 ? view.promoted : view.others).slice(0, mostMetrics)
  const wanted = [
    ...metrics.map((key) => `metrics.\`${key}\``),
    ...chosen(view.params).map((key) => `params.\`${key}\``),
  ]
  if (present !== undefined) {
    const known = Saved.safeParse(present).data
    if (known === undefined || known.updatedAt !== known.createdAt) return undefined
    const shown = new Set(known.state.selectedColumns)
    // what else there is depends on which part of the pipeline ran
    const isNew = metrics.some((key) => !shown.has(`metrics.\`${key}\``))
    if (view.promoted.length === 0 || !isNew) return undefined
  }
  const state = {
    searchFilter: pipelineFilter(view.pipeline),
    orderByKey: 'attributes.start_time',
    orderByAsc: false,
    startTime: 'ALL',
    lifecycleFilter: 'Active',
    datasetsFilter: [],
    modelVersionFilter: 'All Runs',
    selectedColumns: wanted,
  }
  return JSON.stringify({
    name: view.pipeline,
    createdAt: at,
    updatedAt: at,
    state: JSON.stringify(state),
  })
}

/** Params that nodes share, then those of one node. */
function chosen(params: readonly string[]): readonly string[] {
  const shared = params.filter((key) => !key.includes('.'))
  return [...shared, ...params.filter((key) => key.includes('.'))].slice(0, mostParams)
}
