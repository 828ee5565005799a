import { contractViolated } from '../protocol/scoring-error.ts'
import type { TensorData } from './onnx-runtime.ts'

/** Values of a tensor in one line, and its shape. */
export interface Flat {
  readonly values: readonly unknown[]
  readonly dims: readonly number[]
}

/**
 * Lays nested lists out in one line.
 *
 * @param name Of the input, for messages.
 * @throws ScoringError when lists of one level differ in length
 */
export function flatten(nested: unknown, name: string): Flat {
  const dims: number[] = []
  for (let level = nested; Array.isArray(level); level = (level as unknown[])[0]) {
    dims.push(level.length)
  }
  const values: unknown[] = []
  collect(nested, 0)
  return { values, dims }

  function collect(part: unknown, depth: number): void {
    if (depth === dims.length) {
      if (Array.isArray(part)) throw uneven(name)
      values.push(part)
      return
    }
    if (!Array.isArray(part) || part.length !== dims[depth]) throw uneven(name)
    for (const item of part) collect(item, depth + 1)
  }
}

function uneven(name: string): Error {
  return contractViolated(`${name} is not even: its lists of one level differ in length.`)
}

/** Puts values from one line back into lists of the shape. */
export function nest(data: readonly unknown[], dims: readonly number[]): unknown {
  if (dims.length === 0) return data[0]
  let level: readonly unknown[] = data
  for (const size of dims.slice(1).toReversed()) level = chunks(level, size, dims)
  return level
}

function chunks(level: readonly unknown[], size: number, dims: readonly number[]): unknown[] {
  // A dimension of none leaves nothing to count chunks by; the one before it tells how many there are.
  const count = size === 0 ? (dims[0] ?? 0) : level.length / size
  return Array.from({ length: count }, (_, index) => level.slice(index * size, (index + 1) * size))
}

/** Values that JSON can hold, of any tensor. */
export function plainValues(data: TensorData): readonly unknown[] {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return Array.from(data, Number)
  }
  return Array.from<unknown>(data)
}

type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array

const arrays: Readonly<Record<string, (length: number) => NumberArray>> = {
  float32: (length) => new Float32Array(length),
  float64: (length) => new Float64Array(length),
  int8: (length) => new Int8Array(length),
  uint8: (length) => new Uint8Array(length),
  bool: (length) => new Uint8Array(length),
  int16: (length) => new Int16Array(length),
  uint16: (length) => new Uint16Array(length),
  int32: (length) => new Int32Array(length),
  uint32: (length) => new Uint32Array(length),
}

/**
 * Values as the tensor of a type holds them. Null is what tables have for a missing number: NaN, where the type has one.
 *
 * @throws ScoringError naming the input and the value
 */
export function tensorData(values: readonly unknown[], type: string, name: string): TensorData {
  if (type === 'string') return values.map(String)
  if (type === 'int64' || type === 'uint64') {
    const whole = values.map((value) => BigInt(wholeNumber(value, name, type)))
    return type === 'int64' ? BigInt64Array.from(whole) : BigUint64Array.from(whole)
  }
  const array = arrays[type]?.(values.length)
  if (array === undefined) throw contractViolated(`${name} is of type ${type}, which JSON has not.`)
  const read = type.startsWith('float') ? anyNumber : wholeNumber
  for (const [index, value] of values.entries()) array[index] = read(value, name, type)
  return array
}

function anyNumber(value: unknown, name: string, type: string): number {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return Number(value)
  if (value === null || value === undefined) return Number.NaN
  throw notOf(type, name, value)
}

function wholeNumber(value: unknown, name: string, type: string): number {
  if (typeof value === 'boolean') return Number(value)
  if (typeof value === 'number' && Number.isInteger(value)) return value
  throw notOf(type, name, value)
}

function notOf(type: string, name: string, value: unknown): Error {
  return contractViolated(`${name} takes ${type}, not ${JSON.stringify(value)}.`)
}
