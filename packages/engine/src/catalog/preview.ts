import { DatasetError } from '../errors.ts'
import type { Driver } from './driver.ts'
import { headText, type ByteSource, type Head } from './head.ts'

/** The beginning of a dataset of the catalog, as it lies there. */
export interface Preview {
  /** Where it was read. */
  readonly path: string
  /** Size of the whole. */
  readonly bytes: number
  readonly head: Head
}

/** The first rows of a file, or else the beginning of its text; no more of it is read than that takes. */
export async function previewOf(
  dataset: string,
  driver: Driver,
  { path, source }: { readonly path: string; readonly source: ByteSource },
  rows: number,
): Promise<Preview> {
  return { path, bytes: source.bytes, head: await headOf(dataset, driver, source, rows) }
}

async function headOf(
  dataset: string,
  driver: Driver,
  source: ByteSource,
  rows: number,
): Promise<Head> {
  if (driver.head !== undefined) return await driver.head(source, rows)
  if (driver.text) return { text: (await headText(source)).text }
  throw new DatasetError(
    'DATASET_NOT_READABLE',
    `Dataset '${dataset}' of the type ${driver.name} has nothing to show as text.`,
    { dataset, hint: 'Open its file with a program for it.' },
  )
}
