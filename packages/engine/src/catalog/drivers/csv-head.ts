import { parse } from 'csv-parse/sync'

import { columnsOfRows, headText, type ByteSource, type Head } from '../head.ts'

const numeric = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i

/** The first rows of a CSV text. Cells of columns that look like numbers are numbers, for no schema says what they are. */
export async function csvHead(source: ByteSource, rows: number, separator: string): Promise<Head> {
  const { text, isWhole } = await headText(source)
  const records = recordsOf({ text, isWhole }, rows + 1, separator)
  const [names = [], ...cells] = records
  const isNumber = names.map((_, column) => {
    const filled = cells.map((record) => record[column] ?? '').filter((cell) => cell !== '')
    return filled.length > 0 && filled.every((cell) => numeric.test(cell))
  })
  const objects = cells.map((record) =>
    Object.fromEntries(
      names.map((name, column) => [name, valueOf(record[column] ?? '', isNumber[column] ?? false)]),
    ),
  )
  return { rows: objects, columns: columnsOfRows(objects) }
}

/** The first records; one that the end of the text cuts is none of them. */
function recordsOf(
  { text, isWhole }: { readonly text: string; readonly isWhole: boolean },
  most: number,
  separator: string,
): readonly (readonly string[])[] {
  const records: (readonly string[])[] = []
  try {
    parse(text, {
      bom: true,
      delimiter: separator,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      to: most,
      on_record: (record: readonly string[]) => {
        records.push(record)
        return null
      },
    })
  } catch {
    // a record that is cut within its quotes is never told
    return records
  }
  if (!isWhole && records.length < most) records.pop()
  return records
}

function valueOf(cell: string, isNumber: boolean): string | number | null {
  if (cell === '') return null
  return isNumber ? Number(cell) : cell
}
