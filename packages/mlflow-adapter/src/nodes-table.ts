import type { NodeFinished } from '@pipewright/engine/internal'

/** The file of a run's table of nodes. */
export const nodesTablePath = 'nodes.json'
/** By this tag MLflow's page, and its `load_table`, know that the file is a table. */
export const nodesTableTag: Readonly<Record<string, string>> = {
  'mlflow.loggedArtifacts': JSON.stringify([{ path: nodesTablePath, type: 'table' }]),
}

/** All node runs of a run as a table of MLflow's: a row each, with a column for every metric. */
export function nodesTable(nodes: readonly NodeFinished[]): string {
  const metrics = [...new Set(nodes.flatMap(({ finalMetrics }) => Object.keys(finalMetrics)))]
  const columns = ['node', 'status', 'attempt', 'started', 'seconds', 'worker', 'error', ...metrics]
  const data = nodes.map((node) => [
    node.node,
    node.status,
    node.attempt,
    node.attempt > 0 ? new Date(node.startedAt).toISOString() : null,
    node.attempt > 0 ? (node.endedAt - node.startedAt) / 1000 : null,
    node.worker,
    node.error === undefined ? null : `${node.error.code}: ${node.error.message}`.slice(0, 500),
    ...metrics.map((metric) => node.finalMetrics[metric] ?? null),
  ])
  return JSON.stringify({ columns, data })
}
