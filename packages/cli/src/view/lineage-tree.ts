import type { LineageGraph, Vertex } from '../lineage/graph.ts'
import { paint } from '../terminal/paint.ts'

/** Lines that a tree has at most; a graph has more ways than vertices. */
const mostLines = 500

/** What the start came from and what became of it, as two trees. What is drawn already is named again, not drawn again. */
export function lineageTree(start: string, graph: LineageGraph): string {
  const root = graph.vertex(start)
  if (root === undefined) return ''
  const lines = [vertexText(root)]
  const above = subtree(start, graph, (id) => graph.sources(id))
  const below = subtree(start, graph, (id) => graph.targets(id))
  if (above.length > 0) lines.push(paint('dim', 'made from'), ...above)
  if (below.length > 0) lines.push(paint('dim', 'read by'), ...below)
  return lines.join('\n')
}

function subtree(
  start: string,
  graph: LineageGraph,
  next: (id: string) => readonly string[],
): readonly string[] {
  const lines: string[] = []
  const drawn = new Set([start])
  const draw = (id: string, indent: string): void => {
    const children = next(id)
    for (const [at, child] of children.entries()) {
      const vertex = graph.vertex(child)
      if (vertex === undefined) continue
      if (lines.length >= mostLines) return
      const isLast = at === children.length - 1
      const isKnown = drawn.has(child)
      const again = isKnown && next(child).length > 0 ? paint('dim', '  (above)') : ''
      lines.push(`${indent}${isLast ? '└─ ' : '├─ '}${vertexText(vertex)}${again}`)
      drawn.add(child)
      if (!isKnown) draw(child, `${indent}${isLast ? '   ' : '│  '}`)
    }
  }
  draw(start, '')
  if (lines.length >= mostLines) lines.push('…')
  return lines
}

function vertexText(vertex: Vertex): string {
  if (vertex.kind === 'dataset') {
    const { dataset, digest, format, rows, bytes, place } = vertex
    const size = rows === undefined ? bytes && `${count(bytes)} bytes` : `${count(rows)} rows`
    const facts = [format, size, place, digest].filter(Boolean)
    return `${paint('bold', dataset)}  ${paint('dim', facts.join('  '))}`
  }
  if (vertex.kind === 'version') {
    const aliases = vertex.aliases.map((alias) => ` @${alias}`).join('')
    return `${paint('bold', vertex.name)} version ${vertex.version}${aliases}`
  }
  const { node, status, pipeline, run, createdAt, commit } = vertex
  const when = new Date(createdAt).toISOString().slice(0, 16).replace('T', ' ')
  const facts = [`${pipeline} ${run}`, when, ...(commit === undefined ? [] : [`git ${commit}`])]
  return `${node}  ${status}  ${paint('dim', facts.join('  '))}`
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}
