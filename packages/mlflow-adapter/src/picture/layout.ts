import { graphlib, layout as place } from '@dagrejs/dagre'

import { boxTitle, type Box } from '../note/boxes.ts'

/** A box on the picture: its middle and its size. */
export interface PlacedBox {
  readonly title: string
  readonly nodes: readonly number[]
  readonly x: number
  readonly y: number
  readonly width: number
}

/** A pipeline on the picture, in pixels. */
export interface Layout {
  readonly width: number
  readonly height: number
  readonly boxes: readonly PlacedBox[]
  /** The way of each arrow. */
  readonly arrows: readonly (readonly { readonly x: number; readonly y: number }[])[]
}

export const boxHeight = 46
const narrowest = 104
const longestTitle = 30
/** Of a letter of 13 px, on average and a little more. */
const letter = 7.4

/** Places boxes in rows, producers above those that read from them. */
export function layoutOf(boxes: readonly Box[]): Layout {
  const graph = new graphlib.Graph()
  graph.setGraph({ rankdir: 'TB', nodesep: 18, ranksep: 30, marginx: 6, marginy: 6 })
  graph.setDefaultEdgeLabel(() => ({}))
  const titles = boxes.map((box) => shortened(boxTitle(box)))
  for (const [at, title] of titles.entries())
    graph.setNode(String(at), {
      width: Math.max(narrowest, Math.round(title.length * letter) + 34),
      height: boxHeight,
    })
  for (const [at, { reads }] of boxes.entries())
    for (const from of reads.keys()) graph.setEdge(String(from), String(at))
  place(graph)
  // the library writes the size into the label of the graph, and places and ways into those of nodes and arrows
  const { width = 0, height = 0 } = graph.graph() as Size
  const arrows = graph.edges() as readonly Arrow[]
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    boxes: boxes.map(({ nodes }, at) => ({
      ...(graph.node(String(at)) as { x: number; y: number; width: number }),
      title: titles[at] ?? '',
      nodes,
    })),
    arrows: arrows.map((arrow) => (graph.edge(arrow) as { points: Point[] }).points),
  }
}

interface Point {
  readonly x: number
  readonly y: number
}
interface Arrow {
  readonly v: string
  readonly w: string
}
interface Size {
  readonly width?: number
  readonly height?: number
}

function shortened(title: string): string {
  return title.length > longestTitle ? `${title.slice(0, longestTitle - 1)}…` : title
}
