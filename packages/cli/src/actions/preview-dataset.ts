import type { Head } from '@pipewright/engine/internal'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import { openProject } from '../project/open-project.ts'
import { datasetStore } from '../project/prepare-run.ts'
import { print, printJson } from '../terminal/output.ts'
import { paint } from '../terminal/paint.ts'
import { shortened, tableText } from '../terminal/table-text.ts'
import type { CatalogOptions } from './describe-catalog.ts'

/** Most characters of a cell, and most lines of a text. */
const widestCell = 60

/** Options of `catalog preview`. */
export type PreviewOptions = CatalogOptions & {
  readonly rows: number
  readonly version?: string
}

/** `catalog preview DATASET`: its beginning, as it lies in the catalog. Nothing is checked by a schema. */
export async function previewDataset(name: string, options: PreviewOptions): Promise<ExitCode> {
  const { version, rows } = options
  const opened = await openProject({ env: options.env })
  const store = datasetStore(opened)
  const chosen = version === undefined ? store : store.withInputs({ [name]: { version } })
  const { path, bytes, head } = await chosen.preview(name, rows)
  if (options.json === true) {
    printJson({ type: 'preview', dataset: name, path, bytes, ...head })
    return exitCodes.succeeded
  }
  print(paint('dim', `${path}, ${bytes} bytes`))
  print(headText(head, rows))
  return exitCodes.succeeded
}

function headText({ rows, text, columns }: Head, most: number): string {
  if (rows === undefined) return (text ?? '').split('\n').slice(0, most).map(safe).join('\n')
  const names = columns?.map(([name]) => name) ?? []
  const isTable = names.length > 0 && rows.every((row) => typeof row === 'object' && row !== null)
  if (!isTable) return rows.map((row) => safe(JSON.stringify(row))).join('\n')
  const types = columns?.map(([, type]) => paint('dim', type)) ?? []
  const cells = rows.map((row) => names.map((name) => cellText(row, name)))
  return tableText([names.map(safe), types, ...cells])
}

function cellText(row: unknown, name: string): string {
  const value: unknown = Object.entries(row ?? {}).find(([key]) => key === name)?.[1]
  if (value === undefined || value === null) return ''
  return shortened(safe(typeof value === 'string' ? value : JSON.stringify(value)), widestCell)
}

/** Data may hold what a terminal would obey. */
function safe(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (sign) => JSON.stringify(sign).slice(1, -1))
}
