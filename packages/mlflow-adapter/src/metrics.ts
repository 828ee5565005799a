import type { Metric, NodeFinished, Plan } from '@pipewright/engine/internal'

import { mlflowKeys } from './key.ts'
import { isTabled, nodeOf } from './mapped.ts'
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
 * under their bare names as well, unless two promoted ones share a bare name. Of mapped nodes that are recorded as a table
 * only the mean, the least and the greatest value, and of promoted ones the mean.
 */
export function parentMetrics(
  plan: Plan | undefined,
  nodes: readonly NodeFinished[],
  mapped: 'runs' | 'table' = 'runs',
): readonly MetricPoint[] {
  const tabled = nodes.filter(({ node }) => isTabled({ mapped }, node))
  const single = nodes.filter(({ node }) => !isTabled({ mapped }, node))
  const finals = [...single.flatMap(finalsOf), ...summaries(tabled)]
  const bare = promotedNames(plan, nodes)
  const metrics = finals.flatMap(({ name, point }): Metric[] => {
    const promoted = bare.get(name)
    return promoted === undefined ? [point] : [point, [promoted, point[1], point[2], point[3]]]
  })
  return metricPoints(metrics)
}

/** A metric of the parent, and the name under which it may be promoted. */
interface ParentMetric {
  readonly name: string
  readonly point: Metric
}

function finalsOf({ node, finalMetrics, endedAt }: NodeFinished): readonly ParentMetric[] {
  return Object.entries(finalMetrics).map(([metric, value]) => {
    const name = `${node}.${metric}`
    return { name, point: [name, value, 0, endedAt] }
  })
}

/** Mean, least and greatest value of each metric over the instances of each mapped node. */
function summaries(nodes: readonly NodeFinished[]): readonly ParentMetric[] {
  const values = new Map<string, number[]>()
  let last = 0
  for (const { node, finalMetrics, endedAt } of nodes) {
    last = Math.max(last, endedAt)
    for (const [metric, value] of Object.entries(finalMetrics)) {
      if (typeof value !== 'number') continue
      const name = `${nodeOf(node)}.${metric}`
      const known = values.get(name)
      if (known === undefined) values.set(name, [value])
      else known.push(value)
    }
  }
  return [...values].flatMap(([name, list]): ParentMetric[] => {
    const mean = list.reduce((sum, value) => sum + value, 0) / list.length
    const least = list.reduce((a, b) => Math.min(a, b))
    const greatest = list.reduce((a, b) => Math.max(a, b))
    return [
      { name, point: [`${name}.mean`, mean, 0, last] },
      { name: '', point: [`${name}.min`, least, 0, last] },
      { name: '', point: [`${name}.max`, greatest, 0, last] },
    ]
  })
}

/** The bare names of promoted metrics, by `node.metric`: `f1` of `evaluate.f1`. Names of nodes and of metrics may have dots. */
export function promotedNames(
  plan: Plan | undefined,
  records: readonly NodeFinished[],
): ReadonlyMap<string, string> {
  const promoted = plan?.metrics ?? []
  if (promoted.length === 0) return new Map()
  const names = [...(plan?.nodes ?? []).map(({ name }) => name), ...records.map(({ node }) => node)]
  const nodes = new Set(names.flatMap((name) => [name, nodeOf(name)]))
  const bare = new Map(promoted.map((metric) => [metric, bareName(metric, nodes)]))
  const uses = new Map<string, number>()
  for (const name of bare.values()) uses.set(name, (uses.get(name) ?? 0) + 1)
  return new Map([...bare].filter(([, name]) => uses.get(name) === 1))
}

function bareName(metric: string, nodes: ReadonlySet<string>): string {
  for (let dot = metric.lastIndexOf('.'); dot > 0; dot = metric.lastIndexOf('.', dot - 1))
    if (nodes.has(metric.slice(0, dot))) return metric.slice(dot + 1)
  return metric.slice(metric.indexOf('.') + 1)
}
