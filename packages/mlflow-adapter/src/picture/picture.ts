import type { NodeFinished, Plan } from '@pipewright/engine/internal'

import { boxesOf } from '../note/boxes.ts'
import { draw } from './draw.ts'
import { layoutOf, type Layout } from './layout.ts'

/** A picture of more boxes is one that nobody can read, and takes long to lay out. */
const mostBoxes = 60
const mostArrows = 200
const keptLayouts = 50

/** Layouts by the hash of the plan: runs of one pipeline share one. */
const layouts = new Map<string, Layout | undefined>()

/**
 * A picture of a run: its nodes with their statuses and times, as SVG. Undefined when the pipeline is too large for one.
 *
 * @param hash The plan's.
 */
export function pictureOf(
  hash: string,
  plan: Plan,
  nodes: readonly NodeFinished[],
): string | undefined {
  const layout = layouts.has(hash) ? layouts.get(hash) : layoutOfPlan(plan)
  layouts.delete(hash)
  layouts.set(hash, layout)
  for (const oldest of layouts.keys()) {
    if (layouts.size <= keptLayouts) break
    layouts.delete(oldest)
  }
  return layout && draw(layout, new Map(nodes.map((node) => [node.index, node])))
}

function layoutOfPlan(plan: Plan): Layout | undefined {
  const boxes = boxesOf(plan)
  const arrows = boxes.reduce((sum, { reads }) => sum + reads.size, 0)
  return boxes.length > mostBoxes || arrows > mostArrows ? undefined : layoutOf(boxes)
}
