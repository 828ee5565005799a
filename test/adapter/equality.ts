import type { NodeFinished } from '@pipewright/engine/internal'
import { expect } from 'vitest'

import type { HandMadeRun } from './hand-made-run.ts'
import type { SeenRun, SeenServer } from './tracking-server.ts'

const mlflowStatus: Readonly<Record<NodeFinished['status'], string>> = {
  succeeded: 'FINISHED',
  reused: 'FINISHED',
  failed: 'FAILED',
  cancelled: 'KILLED',
  skipped: 'KILLED',
}

/** What MLflow holds of one run: its parent, its nodes by name, and all of its runs. */
export interface SeenPipelineRun {
  readonly parent: SeenRun
  readonly nodes: ReadonlyMap<string, SeenRun>
  readonly all: readonly SeenRun[]
}

/**
 * Asserts that MLflow holds exactly what the ledger says of a run: one parent, one direct child a node, with equal params,
 * last metrics, times and statuses.
 */
export async function expectEqual(
  seen: SeenServer,
  run: HandMadeRun,
  status: 'FINISHED' | 'FAILED' | 'KILLED',
): Promise<SeenPipelineRun> {
  const all = (await seen.runs()).filter(({ tags }) => tags['pipewright.run'] === run.id)
  const keys = all.map(({ tags }) => tags['pipewright.key'] ?? '')
  expect(keys.toSorted()).toEqual([...new Set(keys)].toSorted())
  const parents = all.filter(({ tags }) => tags['pipewright.kind'] === 'pipeline')
  expect(parents).toHaveLength(1)
  const parent = parents[0]
  if (parent === undefined) throw new Error('no parent')
  expect({
    name: parent.name,
    status: parent.status,
    start: parent.start,
    params: parent.params,
  }).toEqual({
    name: run.plan.pipeline,
    status,
    start: run.createdAt,
    params: texts(flat(run.params)),
  })
  const children = all.filter(({ tags }) => tags['mlflow.parentRunId'] === parent.id)
  expect(children.map(({ name }) => name).toSorted()).toEqual(
    run.plan.nodes.map(({ name }) => name).toSorted(),
  )
  const nodes = new Map(children.map((child) => [child.name, child]))
  for (const record of run.records) expectNode(nodes.get(record.node), record, run)
  expect(all.filter((one) => one.status === 'RUNNING')).toEqual([])
  return { parent, nodes, all }
}

function expectNode(seen: SeenRun | undefined, record: NodeFinished, run: HandMadeRun): void {
  const params = run.plan.nodes[record.index]?.params ?? {}
  expect(seen).toMatchObject({
    status: mlflowStatus[record.status],
    start: record.startedAt || record.endedAt,
    end: record.endedAt,
    metrics: record.finalMetrics,
    tags: {
      'pipewright.kind': 'node',
      'pipewright.status': record.status,
      'pipewright.pipeline': run.plan.pipeline,
      'pipewright.run': run.id,
      'pipewright.node': record.node,
      'pipewright.attempt': String(record.attempt),
      'pipewright.key': `${run.id}/${record.node}/${record.attempt}`,
    },
  })
  expect(seen?.params).toEqual(
    texts(Object.fromEntries(Object.entries(params).map(([key, name]) => [key, run.params[name]]))),
  )
  expect(seen?.tags['pipewright.error.code']).toBe(record.error?.code)
  expect(seen?.tags['pipewright.error.message']).toBe(record.error?.message)
}

function texts(params: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
}

function flat(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(params).flatMap(([name, value]): [string, unknown][] =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(flat({ ...value })).map(([key, inner]) => [`${name}.${key}`, inner])
        : [[name, value]],
    ),
  )
}
