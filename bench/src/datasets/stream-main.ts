import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { catalogVersion, DatasetStore, openStorage } from '@pipewright/engine/internal'

import { rowAt, rowStream, type Row } from './rows.ts'

const [format = 'csv', bytes = '0', folder = '.'] = process.argv.slice(2)
const place = { runId: 'stream', node: 'bench', attempt: 1 }

function storeAt(path: string): DatasetStore {
  return new DatasetStore({
    catalog: { rows: { type: format, filepath: path, versioned: false } },
    root: folder,
    storage: openStorage('store', folder),
  })
}

/** Rows until the file is as large as wanted, told by how large their text is. */
async function* made(until: number): AsyncGenerator<Row> {
  for (let id = 0, size = 0; size < until; id += 1) {
    const row = rowAt(id)
    // Texts of their own: nothing gains from what is alike.
    row.date += `-${id.toString(36).padStart(8, '0')}`
    size += rowBytes(row)
    yield row
  }
}

/** About the bytes of a row in each format; it is written before it is measured. */
function rowBytes({ date, note }: Row): number {
  const overhead = { csv: 25, ndjson: 60, parquet: 0 }[format] ?? 25
  return date.length + (note?.length ?? 0) + overhead
}

// A file is made, then read as a free input, saved and published, as a worker would.
const raw = storeAt(`raw.${format}`)
const reference = await raw.save(rowStream, made(Number(bytes)), place)
await raw.publish(reference, catalogVersion(new Date()))
await raw.runFiles.remove(place.runId)

const started = performance.now()
const { value } = await raw.readFromCatalog(rowStream)
const clean = storeAt(`clean.${format}`)
// What a stream is loaded as.
const saved = await clean.save(rowStream, kept(value as AsyncIterable<Row>), place)
await clean.publish(saved, catalogVersion(new Date()))
const seconds = (performance.now() - started) / 1000
const { size } = await stat(join(folder, `raw.${format}`))
await raw.runFiles.remove(place.runId)
await Promise.all(['raw', 'clean'].map(async (name) => await rm(join(folder, `${name}.${format}`))))

async function* kept(rows: AsyncIterable<Row>): AsyncGenerator<Row> {
  for await (const row of rows) if (row.wind >= 0) yield row
}

const { maxRSS } = process.resourceUsage()
console.log(
  JSON.stringify({ format, bytes: size, rows: saved.rows ?? 0, seconds, memory: maxRSS * 1024 }),
)
