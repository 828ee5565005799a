import { boxTitle, type Box } from './boxes.ts'

/** The pipeline as a Mermaid flowchart: an arrow for what one node passes to another. */
export function mermaid(boxes: readonly Box[]): string {
  const nodes = boxes.map((box, place) => `  n${place}["${escape(boxTitle(box))}"]`)
  const arrows = boxes.flatMap(({ reads }, place) =>
    [...reads].map(([from, datasets]) => `  n${from} -->|"${escape(label(datasets))}"| n${place}`),
  )
  return ['graph TD', ...nodes, ...arrows].join('\n')
}

function label(datasets: readonly string[]): string {
  const shown = datasets.slice(0, 3).join(', ')
  return datasets.length > 3 ? `${shown} and ${datasets.length - 3} more` : shown
}

function escape(text: string): string {
  return text.replaceAll('"', '#quot;')
}
