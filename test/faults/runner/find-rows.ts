import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import type { FaultRow } from '../row.ts'

const folder = join(import.meta.dirname, '..', 'rows')
const pattern = /^f(?<number>\d\d)-[a-z0-9-]+\.ts$/

/** A row's file: its name tells which row it holds. */
export interface RowFile {
  readonly row: string
  readonly path: string
}

/** All rows that there are, in the order of the matrix. */
export async function findRows(): Promise<readonly RowFile[]> {
  const files = await readdir(folder)
  return files.toSorted().flatMap((file) => {
    const number = pattern.exec(file)?.groups?.['number']
    return number === undefined ? [] : [{ row: `F${Number(number)}`, path: join(folder, file) }]
  })
}

/** Loads a row. @throws Error when the file holds another row than its name says */
export async function loadRow({ row, path }: RowFile): Promise<FaultRow> {
  // A row's file exports its row, as test/faults/README.md says; the next line looks.
  const { row: loaded } = (await import(path)) as { row?: FaultRow }
  if (loaded?.row === row) return loaded
  throw new Error(`${path} must export a row named ${row}, as test/faults/README.md says.`)
}
