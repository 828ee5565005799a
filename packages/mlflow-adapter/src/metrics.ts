import type { Metric, NodeFinished, Plan } from '@pipewright/engine/internal'

import { mlflowKeys } from './key.ts'
import type { MetricPoint } from './rest/entities.ts'

/** Points of a node's metrics as MLflow takes them. The time is that of recording, so that a repeated point is stored once. */
export function metricPoints(metrics: readonly Metric[]): readonly MetricPoint[] {
  const keys = mlflowKeys(metrics.map(([name]) => name))
  return metrics.map(([name, value, step, at]) => ({
    key: keys.get(name) ?? name,
    value,
    step: Math.round(step),
    timestamp: Math.round(at),
  }))
}

/**
 * The metrics of the parent run: each final metric of each node as `node.metric`, and those that the pipeline promotes
 * under their bare names as well, unless two promoted ones share a bare name.
 */
export function parentMetrics(
  plan: Plan | undefined,
  nodes: readonly NodeFinished[],
): readonly MetricPoint[] {
  const promoted = plan?.metrics ?? []
  const bare = new Map<string, number>()
  for (const name of promoted) bare.set(bareName(name), (bare.get(bareName(name)) ?? 0) + 1)
  const metrics = nodes.flatMap(({ node, finalMetrics, endedAt }) =>
    Object.entries(finalMetrics).flatMap(([metric, value]): Metric[] => {
      const name = `${node}.${metric}`
      const own: Metric = [name, value, 0, endedAt]
      const promotes = promoted.includes(name) && bare.get(bareName(name)) === 1
      return promotes ? [own, [bareName(name), value, 0, endedAt]] : [own]
    }),
  )
  return metricPoints(metrics)
}

/** `f1` of `evaluate.f1`: a node's name has no dot, a metric's may. */
function bareName(name: string): string {
  return name.slice(name.indexOf('.') + 1)
}
