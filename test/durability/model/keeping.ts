import type { ElementRecord } from '@pipewright/engine/internal'

import type { RunState } from './world.ts'

/** Elements of a map that the earlier run has left. */
export function keptElements(
  run: RunState,
  elements: number,
  choice: number,
): ReadonlyMap<number, ElementRecord> {
  const kept = new Map<number, ElementRecord>()
  if (run.nodes.every((node) => node.kept === undefined)) return kept
  for (let element = 0; element < elements; element += 1) {
    if ((choice >> (element % 8)) % 2 === 0) continue
    const outputs = [{ format: 'json', inline: String(element) }]
    kept.set(element, { status: 'reused', attempt: 1, startedAt: 1, duration: 1, outputs })
  }
  return kept
}
