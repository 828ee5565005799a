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
  let depth = 0
  let from = 0
  for (const { 0: sign, index } of text.matchAll(token)) {
    if (sign === ']' || sign === '}') depth--
    if (sign === ']' ? depth === 0 : sign === ',' && depth === 1) {
      const element = text.slice(from, index).trim()
      if (element !== '') elements.push(JSON.parse(element))
      from = index + 1
    }
    if (sign === '[' || sign === '{') depth++
    if (depth === 1 && sign === '[' && from === 0) from = index + 1
    if (depth === 0 || elements.length >= most) break
  }
  return elements
}
