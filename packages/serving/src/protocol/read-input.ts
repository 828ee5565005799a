import { readJson } from './read-json.ts'
import { badRequest } from './scoring-error.ts'
import { isFields, type ScoringInput } from './scoring-input.ts'

const formats = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const

type Format = (typeof formats)[number]

const oneOf = `The input must be a JSON object with exactly one of the fields ${formats.join(', ')}`

/**
 * Reads the JSON body of a request. `params` are read and not used: no signature that Pipewright makes has any, and MLflow
 * ignores those that a signature does not name.
 *
 * @throws ScoringError
 */
export function readInput(body: Uint8Array): ScoringInput {
  const content = parse(body)
  if (!isFields(content)) {
    throw badRequest(`${oneOf}. It is ${Array.isArray(content) ? 'a list' : nameOf(content)}.`)
  }
  const named = formats.filter((format) => Object.hasOwn(content, format))
  const [format] = named
  if (format === undefined || named.length > 1) {
    const fields = Object.keys(content).join(', ')
    throw badRequest(`${oneOf}. Its fields are: ${fields === '' ? 'none' : fields}.`)
  }
  return readers[format](content[format])
}

function parse(body: Uint8Array): unknown {
  try {
    return readJson(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw badRequest(`The body must be valid JSON in UTF-8: ${reason}`)
  }
}

const readers: Readonly<Record<Format, (data: unknown) => ScoringInput>> = {
  dataframe_split: readSplit,
  dataframe_records: readRecords,
  instances: readInstances,
  inputs: readInputs,
}

function readSplit(data: unknown): ScoringInput {
  if (!isFields(data)) throw badRequest(`dataframe_split must be an object, not ${nameOf(data)}.`)
  const unknown = Object.keys(data).filter((key) => !['columns', 'data', 'index'].includes(key))
  if (!('data' in data) || unknown.length > 0) {
    throw badRequest(
      `dataframe_split has data, and may have columns and index; here it has ${Object.keys(data).join(', ')}.`,
    )
  }
  const cells = data['data']
  if (!Array.isArray(cells)) throw badRequest('dataframe_split.data must be a list of rows.')
  // Rows of one column may be written without their brackets.
  const rows = cells.map((row: unknown) => (Array.isArray(row) ? (row as unknown[]) : [row]))
  const width = Math.max(0, ...rows.map((row) => row.length))
  const columns = columnNames(data['columns'], width)
  const wrong = rows.findIndex((row) => row.length !== columns.length)
  if (wrong >= 0) {
    throw badRequest(
      `dataframe_split has ${columns.length} columns, and row ${wrong} of its data ${rows[wrong]?.length} values.`,
    )
  }
  return { kind: 'table', columns, rows }
}

function columnNames(columns: unknown, width: number): readonly string[] {
  if (columns === undefined || columns === null) {
    return Array.from({ length: width }, (_, index) => String(index))
  }
  if (Array.isArray(columns)) return columns.map(String)
  throw badRequest('dataframe_split.columns must be a list of names.')
}

function readRecords(data: unknown): ScoringInput {
  if (!Array.isArray(data)) {
    throw badRequest(`dataframe_records must be a list of objects, not ${nameOf(data)}.`)
  }
  const list: readonly unknown[] = data
  if (list.every(isFields)) return { kind: 'records', records: list, frame: true }
  if (list.some(isFields)) throw badRequest('dataframe_records must hold objects only.')
  // pandas takes bare rows as well; their columns have no names but numbers.
  return readSplit({ data })
}

function readInstances(data: unknown): ScoringInput {
  if (Array.isArray(data) && isFields(data[0])) {
    const list: readonly unknown[] = data
    if (!list.every(isFields)) throw badRequest('instances must hold objects only, or none.')
    return { kind: 'records', records: list, frame: false }
  }
  return readInputs(data)
}

function readInputs(data: unknown): ScoringInput {
  if (isFields(data)) return { kind: 'columns', columns: data }
  if (Array.isArray(data) && data.length > 0) {
    const list: readonly unknown[] = data
    if (list.every(isFields)) return { kind: 'records', records: list, frame: false }
  }
  return { kind: 'values', values: data }
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}
