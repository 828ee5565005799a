import { relative } from 'node:path'

import type { DatasetVertex, LineageGraph, NodeVertex, Vertex } from '../lineage/graph.ts'
import { paint } from '../terminal/paint.ts'

/** Lines that one tree has at most: a graph has more ways than vertices. */
const mostLines = 500

/** What the start came from and what became of it, as two trees. What is drawn already is named again, not drawn again. */
export function lineageTree(start: string, graph: LineageGraph): string {
  const root = graph.vertex(start)
  if (root === undefined) return ''
  const above = subtree(root, graph, (id) => graph.sources(id))
  const below = subtree(root, graph, (id) => graph.targets(id))
  return [
    vertexText(root, undefined),
    ...(above.length > 0 ? [paint('dim', 'made from'), ...above] : []),
    ...(below.length > 0 ? [paint('dim', 'read by'), ...below] : []),
  ].join('\n')
}

function subtree(
  root: Vertex,
  graph: LineageGraph,
  next: (id: string) => readonly string[],
): readonly string[] {
  const lines: string[] = []
  const drawn = new Set([root.id])
  const draw = (id: string, indent: string, run: string | undefined): void => {
    const children = next(id).flatMap((child) => graph.vertex(child) ?? [])
    for (const [at, child] of children.entries()) {
      if (lines.length >= mostLines) return
      const isLast = at === children.length - 1
      const isKnown = drawn.has(child.id)
      const again = isKnown && next(child.id).length > 0 ? paint('dim', '  (above)') : ''
      lines.push(`${indent}${isLast ? '└─ ' : '├─ '}${vertexText(child, run)}${again}`)
      drawn.add(child.id)
      const inner = child.kind === 'node' ? child.run : run
      if (!isKnown) draw(child.id, `${indent}${isLast ? '   ' : '│  '}`, inner)
    }
  }
  draw(root.id, '', undefined)
  if (lines.length >= mostLines) lines.push('…')
  return lines
}

/** @param run The run that was named last on the way here: it is not named again. */
function vertexText(vertex: Vertex, run: string | undefined): string {
  if (vertex.kind === 'dataset')
    return `${paint('bold', vertex.dataset)}${dim(contentFacts(vertex))}`
  if (vertex.kind === 'node') return `${vertex.node}${dim(nodeFacts(vertex, run))}`
  const aliases = vertex.aliases.map((alias) => ` @${alias}`).join('')
  return `${paint('bold', vertex.name)} version ${vertex.version}${aliases}`
}

function contentFacts({ digest, format, rows, bytes, place }: DatasetVertex): readonly string[] {
  const size = bytes === undefined ? [] : [`${count(bytes)} bytes`]
  return [
    ...(format === undefined ? [] : [format]),
    ...(rows === undefined ? size : [`${count(rows)} rows`]),
    ...(place === undefined ? [] : [shortened(place)]),
    digest,
  ]
}

function nodeFacts(node: NodeVertex, last: string | undefined): readonly string[] {
  const { status, pipeline, run, createdAt, commit } = node
  const when = new Date(createdAt).toISOString().slice(0, 16).replace('T', ' ')
  const ofRun = [`${pipeline} ${run}`, when, ...(commit === undefined ? [] : [`git ${commit}`])]
  return [...(status === 'succeeded' ? [] : [status]), ...(run === last ? [] : ofRun)]
}

/** A path of the project as people type it. */
function shortened(place: string): string {
  const path = place.startsWith('/') ? relative(process.cwd(), place) : place
  return path.startsWith('..') ? place : path
}

function dim(facts: readonly string[]): string {
  return facts.length === 0 ? '' : paint('dim', `  ${facts.join('  ')}`)
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}
