import { terminal, type Facts, type NodeFacts } from '../facts.ts'
import type { HistoryRun, TrackedRun } from '../history.ts'

const statusOf: Readonly<Record<string, string>> = {
  succeeded: 'FINISHED',
  reused: 'FINISHED',
  failed: 'FAILED',
  cancelled: 'KILLED',
  skipped: 'KILLED',
}

/** MLflow holds each run and each node run once, in its place, with the ledger's status and metrics, and nothing else. */
export function mlflowEqualsLedger({ history, nodes }: Facts): readonly string[] {
  const { tracked } = history
  if (tracked === undefined) return []
  const byRun = Map.groupBy(tracked, ({ tags }) => tags['pipewright.run'] ?? '')
  return [
    ...duplicates(tracked),
    ...orphans(tracked, history.runs),
    ...history.runs
      .filter(({ status }) => terminal.has(status))
      .flatMap((run) => ofRun(run, byRun.get(run.id) ?? [], nodes)),
  ]
}

function duplicates(tracked: readonly TrackedRun[]): readonly string[] {
  return [...duplicateKeys(tracked)].map(([key, count]) => `MLflow has ${key} ${count} times`)
}

/** Records that MLflow has more than once, and how often. */
export function duplicateKeys(tracked: readonly TrackedRun[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { id, tags } of tracked) {
    const key = tags['pipewright.key'] ?? id
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return new Map([...counts].filter(([, count]) => count > 1))
}

function orphans(tracked: readonly TrackedRun[], runs: readonly HistoryRun[]): readonly string[] {
  const ids = new Set(tracked.map(({ id }) => id))
  const known = new Set(runs.map(({ id }) => id))
  return tracked.flatMap(({ id, name, tags, status }) => {
    const parent = tags['mlflow.parentRunId']
    if (!known.has(tags['pipewright.run'] ?? '')) return [`MLflow run ${id} (${name}) is of no run`]
    if (parent !== undefined && !ids.has(parent))
      return [`MLflow run ${id} (${name}) has no parent`]
    return status === 'RUNNING' && runs.every(({ status: each }) => terminal.has(each))
      ? [`MLflow run ${id} (${name}) is RUNNING, and nothing runs`]
      : []
  })
}

function ofRun(
  run: HistoryRun,
  tracked: readonly TrackedRun[],
  nodes: readonly NodeFacts[],
): readonly string[] {
  const parents = tracked.filter(({ tags }) => tags['mlflow.parentRunId'] === undefined)
  const [parent] = parents
  if (parent === undefined || parents.length > 1) {
    return [`run ${run.id} has ${parents.length} parents in MLflow`]
  }
  const violations: string[] = []
  if (parent.status !== statusOf[run.status]) {
    violations.push(`run ${run.id} is ${run.status} and ${parent.status} in MLflow`)
  }
  const children = tracked.filter(({ tags }) => tags['mlflow.parentRunId'] === parent.id)
  for (const node of nodes) {
    if (node.run === run) violations.push(...ofNode(node, children))
  }
  const names = new Set(run.nodes.map(({ name }) => name))
  for (const { name, tags } of children) {
    if (!names.has(tags['pipewright.node'] ?? name)) {
      violations.push(`MLflow has a node ${name} of run ${run.id} that its plan has not got`)
    }
  }
  return violations
}

function ofNode(node: NodeFacts, children: readonly TrackedRun[]): readonly string[] {
  const { label, records, run } = node
  const [record] = records
  const own = children.filter(({ tags }) => tags['pipewright.node'] === node.node.name)
  const [child] = own
  if (record === undefined) return []
  if (child === undefined || own.length > 1) return [`${label} is ${own.length} times in MLflow`]
  const violations: string[] = []
  const key = `${run.id}/${record.node}/${record.attempt}`
  if (child.tags['pipewright.key'] !== key) {
    violations.push(`${label} is ${child.tags['pipewright.key']} in MLflow; the ledger has ${key}`)
  }
  if (child.status !== statusOf[record.status]) {
    violations.push(`${label} is ${record.status} and ${child.status} in MLflow`)
  }
  for (const [name, value] of Object.entries(record.finalMetrics)) {
    if (String(child.metrics[name]) !== String(value)) {
      violations.push(`${label} has ${name} ${value}; MLflow has ${child.metrics[name] ?? 'none'}`)
    }
  }
  return violations
}
