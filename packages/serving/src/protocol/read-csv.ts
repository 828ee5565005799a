import { parse } from 'csv-parse/sync'

import { badRequest } from './scoring-error.ts'
import type { ScoringInput } from './scoring-input.ts'

/** What a column of a table holds, where the model says it. */
export type CellKind = 'number' | 'boolean' | 'string' | 'json' | undefined

/** Cells that pandas reads as missing, in every column. */
const missing: ReadonlySet<string> = new Set(
  ',#N/A,#N/A N/A,#NA,-1.#IND,-1.#QNAN,-NaN,-nan,1.#IND,1.#QNAN,<NA>,N/A,NA,NULL,NaN,None,n/a,nan,null'.split(
    ',',
  ),
)

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['True', 'TRUE', 'true'].map((text) => [text, true] as const),
  ...['False', 'FALSE', 'false'].map((text) => [text, false] as const),
])

const number = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i

/**
 * Reads the CSV body of a request, with a header line, as pandas does.
 *
 * @param kindOf What a column holds; undefined lets the cell itself decide.
 * @throws ScoringError
 */
export function readCsv(body: Uint8Array, kindOf: (column: string) => CellKind): ScoringInput {
  const [columns, ...lines] = parseCsv(body)
  if (columns === undefined) throw badRequest('The body must be a CSV table with a header line.')
  const kinds = columns.map(kindOf)
  return {
    kind: 'table',
    columns,
    rows: lines.map((line) => line.map((cell, index) => readCell(cell, kinds[index]))),
  }
}

function parseCsv(body: Uint8Array): readonly (readonly string[])[] {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
    // Without `columns` every record is a list of its cells.
    return parse(text, { bom: true, skip_empty_lines: true })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw badRequest(`The body must be a CSV table with a header line, in UTF-8: ${reason}`)
  }
}

/** A cell that its column cannot hold stays text: the model's contract then refuses it by name. */
function readCell(cell: string, kind: CellKind): unknown {
  if (missing.has(cell)) return null
  if (kind === 'string') return cell
  if (kind === 'json') return readNested(cell)
  const trimmed = cell.trim()
  if (kind !== 'boolean' && number.test(trimmed)) return Number(trimmed)
  return kind === 'number' ? cell : (booleans.get(trimmed) ?? cell)
}

function readNested(cell: string): unknown {
  try {
    return JSON.parse(cell)
  } catch {
    // Not JSON: the contract says what it should have been.
    return cell
  }
}
