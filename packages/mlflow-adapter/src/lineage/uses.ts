import type { Plan } from '@pipewright/engine/internal'

import type { AttemptEnd } from '../attempt-end.ts'
import type { RecordingContext, RunRecording } from '../recording.ts'
import type { DatasetUse } from './dataset-use.ts'

/** A dataset that a node declares as an input, with the names under which its function reads it. */
export type Declared = readonly [dataset: string, argumentNames: readonly string[]]

/** Datasets that a node declares as its inputs, each once. */
export function declaredInputs(plan: Plan | undefined, index: number): readonly Declared[] {
  const declared = new Map<string, string[]>()
  for (const [name, dataset] of Object.entries(plan?.nodes[index]?.inputs ?? {})) {
    const names = declared.get(dataset)
    if (names === undefined) declared.set(dataset, [name])
    else names.push(name)
  }
  return [...declared]
}

/** The first inputs of an attempt with what they held; those that nobody knows of any more are left out. */
export async function inputsOf(
  { ledger, settings }: RecordingContext,
  { header, plan }: RunRecording,
  end: AttemptEnd,
): Promise<readonly DatasetUse[]> {
  if (plan === undefined) return []
  const declared = declaredInputs(plan, end.index).slice(0, settings.lineage.maxInputs)
  const reads = new Map(end.reads.map((read) => [read.dataset, read]))
  const free = new Set(plan.inputs)
  const made = declared.flatMap(([dataset]) =>
    reads.has(dataset) || free.has(dataset) ? [] : [dataset],
  )
  const references = await ledger.data(header.id, made)
  const held = new Map(references.map((reference) => [reference.dataset, reference]))
  const producers = producersOf(plan, end.index)
  return declared.flatMap(([dataset, argumentNames]) => {
    const read = reads.get(dataset)
    const content = read ?? held.get(dataset)
    if (content === undefined) return []
    const producer = read === undefined ? producers.get(dataset) : undefined
    return [{ content, producer, argumentNames }]
  })
}

/** Which node made each dataset that a node reads. */
function producersOf(plan: Plan, index: number): ReadonlyMap<string, string> {
  const producers = new Map<string, string>()
  for (const producer of plan.nodes[index]?.producers ?? []) {
    const node = plan.nodes[producer]
    for (const dataset of Object.values(node?.outputs ?? {}))
      if (node !== undefined) producers.set(dataset, node.name)
  }
  return producers
}
