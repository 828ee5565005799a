import { DatasetError } from '../../errors.ts'
import { valuePath } from '../value-path.ts'

const deepest = 500

/**
 * Refuses what JSON would change without a word: NaN, infinities, dates, maps, undefined in an array, and so on.
 * A property that is undefined is left out, and reads back as undefined.
 *
 * @throws DatasetError `DATASET_NOT_ENCODABLE` naming the path in the value.
 */
export function assertJson(value: unknown, dataset: string): void {
  // One array for the whole walk: the path costs nothing until it is needed.
  const path: PropertyKey[] = []
  const found = problem(value, path)
  if (found !== undefined) throw refused(dataset, path, found)
}

/**
 * The same for rows of a longer table.
 *
 * @param first The place of the first of them in the table.
 */
export function assertJsonRows(rows: readonly unknown[], dataset: string, first: number): void {
  const path: PropertyKey[] = []
  const found = problemOfArray(rows, path)
  if (found === undefined) return
  const [index, ...rest] = path
  throw refused(dataset, [first + Number(index), ...rest], found)
}

function refused(dataset: string, path: readonly PropertyKey[], found: string): DatasetError {
  return new DatasetError(
    'DATASET_NOT_ENCODABLE',
    `Dataset '${dataset}' cannot be written as JSON: at ${valuePath(path)} is ${found}.`,
    {
      dataset,
      hint: 'Return plain objects, arrays, strings, finite numbers, booleans and null, or give the schema a z.codec.',
    },
  )
}

/** What is wrong at `path`, which is left standing there; undefined when nothing is. */
function problem(value: unknown, path: PropertyKey[]): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `the number ${value}`
  if (typeof value === 'object') return problemOfObject(value, path)
  return value === undefined ? 'undefined' : `a ${typeof value}`
}

function problemOfObject(value: object, path: PropertyKey[]): string | undefined {
  if (path.length >= deepest)
    return `more than ${deepest} levels of nesting, or an object that holds itself`
  if (Array.isArray(value)) return problemOfArray(value, path)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return className(value)
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue
    path.push(key)
    const found = problem(item, path)
    if (found !== undefined) return found
    path.pop()
  }
  return undefined
}

function problemOfArray(array: readonly unknown[], path: PropertyKey[]): string | undefined {
  for (let index = 0; index < array.length; index += 1) {
    const item = array[index]
    if (typeof item === 'number' && Number.isFinite(item)) continue
    path.push(index)
    const found = problem(item, path)
    if (found !== undefined) return found
    path.pop()
  }
  return undefined
}

function className(value: object): string {
  const { constructor } = value
  const name = typeof constructor === 'function' ? constructor.name : ''
  return name === '' ? 'an object of a class' : `a ${name}`
}
