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

/** The elements of a JSON array whose text may be cut anywhere. */
export function firstElements(text: string, most: number): readonly unknown[] {
  const elements: unknown[] = []
  let depth = 0
  let inText = false
  let from = text.indexOf('[') + 1
  for (let at = from; at < text.length && elements.length < most; at++) {
    const sign = text[at]
    if (inText) {
      if (sign === '\\') at++
      else if (sign === '"') inText = false
    } else if (sign === '"') inText = true
    else if (sign === '[' || sign === '{') depth++
    else if (depth === 0 && (sign === ',' || sign === ']')) {
      const element = text.slice(from, at).trim()
      if (element !== '') elements.push(JSON.parse(element))
      if (sign === ']') break
      from = at + 1
    } else if (sign === ']' || sign === '}') depth--
  }
  return elements
}
