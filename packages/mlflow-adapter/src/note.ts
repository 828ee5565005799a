import type { Plan } from '@pipewright/engine/internal'

import { longestTag } from './value.ts'

/** The description of a run in MLflow: the pipeline as a Mermaid graph and where to look next. Markdown, within a tag's length. */
export function noteOf(plan: Plan, links: { readonly runs: string }): string {
  const head = `**${plan.pipeline}**, ${plan.nodes.length} nodes. [All runs of this pipeline](${links.runs}). The plan is the artifact \`plan.json\`.`
  const note = `${head}\n\n\`\`\`mermaid\n${graphOf(plan)}\n\`\`\`\n`
  return note.length <= longestTag ? note : head
}

/** The plan as a Mermaid flowchart: an arrow a dataset. */
export function graphOf(plan: Plan): string {
  const lines = ['graph TD']
  for (const [index, { name }] of plan.nodes.entries()) lines.push(`  n${index}["${escape(name)}"]`)
  for (const [index, node] of plan.nodes.entries())
    for (const producer of node.producers) {
      const read = new Set(Object.values(node.inputs))
      const made = Object.values(plan.nodes[producer]?.outputs ?? {})
      const label = made
        .filter((dataset) => read.has(dataset))
        .map(escape)
        .join(', ')
      lines.push(`  n${producer} -->|"${label}"| n${index}`)
    }
  return lines.join('\n')
}

function escape(text: string): string {
  return text.replaceAll('"', '#quot;')
}
