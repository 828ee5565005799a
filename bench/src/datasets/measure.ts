import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

import { DatasetStore, openStorage } from '@pipewright/engine/internal'

import { byLibrary } from './by-library.ts'
import { rowsUpTo, rowTable, type Row } from './rows.ts'
import { streamed, type Streamed } from './streamed.ts'

/** Saving or loading of one format, by the library itself and through a dataset, in turn; seconds. */
export interface FormatFigure {
  readonly format: string
  readonly what: 'save' | 'load'
  readonly library: readonly number[]
  readonly dataset: readonly number[]
}

/** Everything that `--datasets` measures. */
export interface DatasetsResult {
  readonly rows: number
  readonly figures: readonly FormatFigure[]
  readonly streams: readonly Streamed[]
}

const rowCount = 1_000_000
const gigabyte = 1_000_000_000
const formats = ['csv', 'parquet'] as const

/** A million rows by library and by dataset, and streams of a tenth and of a whole gigabyte. */
export async function measureDatasets(pairs: number): Promise<DatasetsResult> {
  const folder = await mkdtemp(join(tmpdir(), 'pipewright-bench-datasets-'))
  try {
    const rows = rowsUpTo(rowCount)
    const figures: FormatFigure[] = []
    for (const format of formats) figures.push(...(await inTurn(format, rows, folder, pairs)))
    const streams: Streamed[] = []
    for (const format of ['csv', 'ndjson', 'parquet'] as const)
      for (const bytes of [gigabyte / 10, gigabyte])
        streams.push(await streamed(format, bytes, folder))
    return { rows: rowCount, figures, streams }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The first pair warms up and does not count. */
async function inTurn(
  format: (typeof formats)[number],
  rows: readonly Row[],
  folder: string,
  pairs: number,
): Promise<readonly FormatFigure[]> {
  const times = { librarySave: [0], libraryLoad: [0], datasetSave: [0], datasetLoad: [0] }
  const library = byLibrary[format]
  const path = join(folder, `library.${format}`)
  const store = new DatasetStore({
    catalog: { rows: { type: format, filepath: `rows.${format}`, versioned: false } },
    root: folder,
    storage: openStorage('store', folder),
  })
  for (let pair = 0; pair <= pairs; pair += 1) {
    times.librarySave.push(await seconds(async () => await library.save(rows, path)))
    const place = { runId: `run-${pair}`, node: 'bench', attempt: 1 }
    let saved: Awaited<ReturnType<typeof store.save>> | undefined
    times.datasetSave.push(
      await seconds(async () => void (saved = await store.save(rowTable, rows, place))),
    )
    const reference = saved
    if (reference === undefined) continue
    let direct: unknown
    times.libraryLoad.push(await seconds(async () => void (direct = await library.load(path))))
    let loaded: unknown
    times.datasetLoad.push(
      await seconds(async () => void (loaded = await store.load(rowTable, reference))),
    )
    // In the warm-up alone: it takes longer than what is measured.
    if (pair === 0 && !(isDeepStrictEqual(loaded, rows) && isDeepStrictEqual(direct, rows)))
      throw new Error(`The rows of ${format} came back as others.`)
    await store.runFiles.remove(place.runId)
  }
  return [
    {
      format,
      what: 'save',
      library: counted(times.librarySave),
      dataset: counted(times.datasetSave),
    },
    {
      format,
      what: 'load',
      library: counted(times.libraryLoad),
      dataset: counted(times.datasetLoad),
    },
  ]
}

/** Without what stands for no pair, and the warm-up. */
function counted(all: readonly number[]): readonly number[] {
  return all.slice(2)
}

async function seconds(work: () => Promise<void>): Promise<number> {
  // Where `node --expose-gc` allows it: what one side leaves behind is not paid by the other.
  globalThis.gc?.()
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}
