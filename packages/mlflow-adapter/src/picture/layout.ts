import { graphlib, layout as place } from '@dagrejs/dagre'

import { boxTitle, type Box } from '../note/boxes.ts'
import { directReads } from './direct-reads.ts'

interface Point {
  readonly x: number
  readonly y: number
}

/** A box on the picture: its middle and its width. */
export interface PlacedBox extends Point {
  readonly title: string
  /** Indexes of its nodes in the plan. */
  readonly nodes: readonly number[]
  readonly width: number
}

/** A pipeline on the picture, in pixels. */
export interface Layout {
  readonly left: number
  readonly width: number
  readonly height: number
  readonly boxes: readonly PlacedBox[]
  /** The way of each arrow. */
  readonly arrows: readonly (readonly Point[])[]
}

export const boxHeight = 42
export const inset = 11
/** Enough for a time and the number of an attempt. */
const narrowest = 126
const longestTitle = 30
/** Width of a letter of 12 px, a little more than on average. */
const letter = 7.3
const margin = 4

/** A wider picture would be scaled so far that its text is hard to read. */
const wide = 960

/** Places boxes in rows, producers above those that read from them; in columns from left to right where that is less wide. */
export function layoutOf(boxes: readonly Box[]): Layout {
  const rows = placed(boxes, 'TB')
  if (rows.width <= wide) return rows
  const columns = placed(boxes, 'LR')
  return columns.width < rows.width ? columns : rows
}

function placed(boxes: readonly Box[], rankdir: 'TB' | 'LR'): Layout {
  const graph = new graphlib.Graph()
  graph.setGraph({ rankdir, nodesep: 14, ranksep: 26, marginx: margin, marginy: margin })
  graph.setDefaultEdgeLabel(() => ({}))
  const titles = boxes.map((box) => shortened(boxTitle(box)))
  for (const [at, title] of titles.entries()) {
    const width = Math.max(narrowest, Math.round(title.length * letter) + 2 * inset)
    graph.setNode(String(at), { width, height: boxHeight })
  }
  for (const [at, reads] of directReads(boxes).entries())
    for (const from of reads) graph.setEdge(String(from), String(at))
  place(graph)
  // the library writes the size into the label of the graph, and places and ways into those of nodes and arrows
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number }
  const edges = graph.edges() as readonly { readonly v: string; readonly w: string }[]
  const arrows = edges.map((edge) => (graph.edge(edge) as { points: Point[] }).points)
  const shown = boxes.map(({ nodes }, at) => {
    const box = graph.node(String(at)) as PlacedBox
    return { title: titles[at] ?? '', nodes, x: box.x, y: box.y, width: box.width }
  })
  // its size leaves out arrows that lead around all boxes
  const sides = arrows.flat().map(({ x }) => x)
  const left = Math.floor(Math.min(0, ...sides.map((x) => x - margin)))
  const right = Math.ceil(Math.max(width, ...sides.map((x) => x + margin)))
  return { left, width: right - left, height: Math.ceil(height), boxes: shown, arrows }
}

function shortened(title: string): string {
  return title.length > longestTitle ? `${title.slice(0, longestTitle - 1)}…` : title
}
