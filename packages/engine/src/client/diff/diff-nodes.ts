import { compareNodes, type NodeBasis } from '../../plan/compare.ts'
import type { NodeDiff, ResultDifference } from './answer.ts'
import type { RecordedNode } from './recorded-node.ts'

/** Compares the node runs of two runs, node by node. */
export function diffNodes(
  a: ReadonlyMap<string, RecordedNode>,
  b: ReadonlyMap<string, RecordedNode>,
): readonly NodeDiff[] {
  return bothOrders([...a.keys()], [...b.keys()]).map((node) =>
    diffNode(node, a.get(node), b.get(node)),
  )
}

function diffNode(
  node: string,
  a: RecordedNode | undefined,
  b: RecordedNode | undefined,
): NodeDiff {
  const status = { a: a?.nodeRun.status, b: b?.nodeRun.status }
  if (a === undefined || b === undefined) return { node, status, differences: [], unknown: [] }
  const unknown = unknownOf(a, b)
  const basis = unknown.includes('code') ? plannedBasis : recordedBasis
  const differences = compareNodes(basis(a), basis(b))
  if (differences.length > 0 || unknown.length > 0) return { node, status, differences, unknown }
  return { node, status, differences: differentResults(a, b), unknown }
}

function unknownOf(a: RecordedNode, b: RecordedNode): NodeDiff['unknown'] {
  const inputs = Object.keys(a.basis.inputs).filter((name) => Object.hasOwn(b.basis.inputs, name))
  const isUnread = (name: string): boolean =>
    a.basis.inputs[name] === undefined || b.basis.inputs[name] === undefined
  return [
    ...(a.basis.code === undefined || b.basis.code === undefined ? (['code'] as const) : []),
    ...(inputs.some(isUnread) ? (['inputs'] as const) : []),
  ]
}

function recordedBasis({ basis }: RecordedNode): NodeBasis {
  return basis
}

/** Of a node that has not run in one of the runs the plan knows the function at least, though none of its files. */
function plannedBasis({ basis, planned: { fingerprint } }: RecordedNode): NodeBasis {
  return { ...basis, code: { fingerprint, files: {} } }
}

function differentResults(a: RecordedNode, b: RecordedNode): readonly ResultDifference[] {
  return [...a.made].flatMap(([dataset, before]) => {
    const after = b.made.get(dataset)
    if (after === undefined || after === before) return []
    return [{ kind: 'result', dataset, before, after }]
  })
}

/** The names of both in one order: those of `b`, and before each those that only `a` has there. */
function bothOrders(a: readonly string[], b: readonly string[]): readonly string[] {
  const inB = new Set(b)
  const place = new Map(a.map((name, index) => [name, index]))
  const order: string[] = []
  let next = 0
  const passTo = (end: number): void => {
    for (; next < end; next += 1) {
      const name = a[next]
      if (name !== undefined && !inB.has(name)) order.push(name)
    }
  }
  for (const name of b) {
    passTo(place.get(name) ?? 0)
    order.push(name)
  }
  passTo(a.length)
  return order
}
