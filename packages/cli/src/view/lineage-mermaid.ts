import type { LineageGraph, NodeVertex, Vertex } from '../lineage/graph.ts'

/** The graph as a Mermaid flowchart: datasets as drums, nodes as boxes by run, versions of models as hexagons. */
export function lineageMermaid(start: string, graph: LineageGraph): string {
  const { vertices } = graph
  const names = new Map(vertices.map(({ id }, at) => [id, `v${at}`]))
  const name = (id: string): string => names.get(id) ?? id
  const runs = new Map<string, NodeVertex[]>()
  for (const vertex of vertices)
    if (vertex.kind === 'node') runs.set(vertex.run, [...(runs.get(vertex.run) ?? []), vertex])
  return [
    'flowchart LR',
    ...vertices.flatMap((vertex) =>
      vertex.kind === 'node' ? [] : [`  ${name(vertex.id)}${shape(vertex)}`],
    ),
    ...[...runs].map(([run, nodes], at) => {
      const title = escaped(`${nodes[0]?.pipeline ?? ''} ${run}`)
      const lines = nodes.map((node) => `    ${name(node.id)}${shape(node)}`)
      return `  subgraph r${at}["${title}"]\n${lines.join('\n')}\n  end`
    }),
    ...graph.edges.map(([from, to]) => `  ${name(from)} --> ${name(to)}`),
    `  style ${name(start)} stroke-width:3px`,
  ].join('\n')
}

function shape(vertex: Vertex): string {
  if (vertex.kind === 'node') return `["${escaped(vertex.node)}"]`
  if (vertex.kind === 'dataset')
    return `[("${escaped(vertex.dataset)}<br/>${vertex.digest.slice(0, 8)}")]`
  const aliases = vertex.aliases.map((alias) => ` @${alias}`).join('')
  return `{{"${escaped(`${vertex.name} ${vertex.version}${aliases}`)}"}}`
}

function escaped(text: string): string {
  return text.replaceAll('"', '#quot;').replaceAll('<', '#lt;').replaceAll('>', '#gt;')
}
