import { columnsOfRows, headText, type ByteSource, type Head } from '../head.ts'

const longestText = 2000

/** The first elements of a JSON array; of any other value the beginning of its text. */
export async function jsonHead(source: ByteSource, rows: number): Promise<Head> {
  const { text } = await headText(source)
  if (!text.trimStart().startsWith('[')) return { text: text.slice(0, longestText) }
  const elements = firstElements(text, rows)
  const columns = columnsOfRows(elements)
  return { rows: elements, ...(columns.length > 0 && { columns }) }
}

/** A text, which the end may cut, or a sign that gives form. */
const token = /"[^"\\]*(?:\\[^][^"\\]*)*"?|[[\]{},]/g

/** The elements of a JSON array whose text may be cut anywhere. */
function firstElements(text: string, most: number): readonly unknown[] {
  const elements: unknown[] = []
  for (const element of elementTexts(text)) {
    if (elements.length === most) break
    elements.push(JSON.parse(element))
  }
  return elements
}

function* elementTexts(text: string): Generator<string> {
  let depth = 0
  let from = 0
  for (const { 0: sign, index } of text.matchAll(token)) {
    if (depth === 1 && (sign === ',' || sign === ']')) {
      const element = text.slice(from, index).trim()
      if (element !== '') yield element
      from = index + 1
    }
    if (sign === ']' || sign === '}') depth--
    else if (sign === '[' || sign === '{') depth++
    // behind the bracket that opens the whole
    if (from === 0) from = index + 1
    if (depth === 0) return
  }
}
