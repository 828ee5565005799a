import { columnsOfRows, headText, type ByteSource, type Head } from '../head.ts'

/** The values of the first lines; one that the end of the text cuts is none of them. */
export async function ndjsonHead(source: ByteSource, rows: number): Promise<Head> {
  const { text, isWhole } = await headText(source)
  const lines = text.replace(/^\uFEFF/, '').split('\n')
  if (!isWhole) lines.pop()
  const values: unknown[] = []
  for (const line of lines) {
    if (values.length === rows) break
    if (line.trim() !== '') values.push(JSON.parse(line))
  }
  const columns = columnsOfRows(values)
  return { rows: values, ...(columns.length > 0 && { columns }) }
}
