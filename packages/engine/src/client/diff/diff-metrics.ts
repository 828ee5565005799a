import type { MetricDiff } from './answer.ts'
import type { RecordedRun } from './recorded-node.ts'

/** The last values of the metrics of two runs side by side: promoted ones first, then in the order of the nodes. */
export function diffMetrics(a: RecordedRun, b: RecordedRun): readonly MetricDiff[] {
  const [before, after] = [metricsOf(a), metricsOf(b)]
  const promoted = new Set([...a.plan.metrics, ...b.plan.metrics])
  const names = [...new Set([...before.keys(), ...after.keys()])]
  const all = names.map((name) => ({
    name,
    promoted: promoted.has(name),
    a: before.get(name),
    b: after.get(name),
  }))
  return [...all.filter((each) => each.promoted), ...all.filter((each) => !each.promoted)]
}

function metricsOf({ nodes }: RecordedRun): ReadonlyMap<string, MetricDiff['a']> {
  return new Map(
    nodes.flatMap(({ node, record }) =>
      Object.entries(record?.finalMetrics ?? {}).map(
        ([key, value]) => [`${node}.${key}`, value] as const,
      ),
    ),
  )
}
