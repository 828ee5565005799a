import { open, readFile } from 'node:fs/promises'

import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'

import type { Row } from './rows.ts'

/** What a node would write that saves and loads by the library itself: the same rows, the same types, a file that is synced. */
export interface ByLibrary {
  save(rows: readonly Row[], path: string): Promise<void>
  load(path: string): Promise<readonly Row[]>
}

export const byLibrary: Readonly<Record<'csv' | 'parquet', ByLibrary>> = {
  csv: {
    async save(rows, path) {
      const text = stringify([...rows], {
        header: true,
        cast: { boolean: (value) => (value ? 'true' : 'false') },
      })
      await write(path, Buffer.from(text, 'utf8'))
    },
    async load(path) {
      const options = { bom: true, columns: true, cast: castCell }
      // Each cell is cast to what its column holds.
      return parse(await readFile(path), options) as unknown as readonly Row[]
    },
  },
  parquet: {
    async save(rows, path) {
      const bytes = parquetWriteBuffer({
        columnData: [
          { name: 'id', data: rows.map(({ id }) => BigInt(id)), type: 'INT64', nullable: false },
          { name: 'date', data: rows.map(({ date }) => date), type: 'STRING', nullable: false },
          { name: 'wind', data: rows.map(({ wind }) => wind), type: 'DOUBLE', nullable: false },
          { name: 'rain', data: rows.map(({ rain }) => rain), type: 'BOOLEAN', nullable: false },
          { name: 'note', data: rows.map(({ note }) => note), type: 'STRING' },
        ],
      })
      await write(path, new Uint8Array(bytes))
    },
    async load(path) {
      const rows = await parquetReadObjects({ file: await asyncBufferFromFile(path) })
      for (const row of rows) row['id'] = Number(row['id'])
      // The columns are those that were written.
      return rows as unknown as readonly Row[]
    },
  },
}

function castCell(text: string, { column }: { readonly column: string | number }): unknown {
  switch (column) {
    case 'id':
    case 'wind':
      return Number(text)
    case 'rain':
      return text === 'true'
    case 'note':
      return text === '' ? null : text
    default:
      return text
  }
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}
