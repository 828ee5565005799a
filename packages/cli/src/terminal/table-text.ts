import { stripVTControlCharacters } from 'node:util'

/** Rows as columns that line up; the first row is the head. Cells may be styled. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, shownLength(cell))
    }
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) => padded(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Filled up with spaces to a width that is counted without styles. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - shownLength(text)))
}

/** Cut to a width, the cut marked. Only for text without styles. */
export function shortened(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}

function shownLength(text: string): number {
  return stripVTControlCharacters(text).length
}
