import type { Dataset } from '../../definition/dataset.ts'
import { DatasetError } from '../../errors.ts'
import { decodeText } from '../decode-text.ts'
import { notDecodable } from '../not-decodable.ts'
import { valuePath } from '../value-path.ts'

/** Numbers that JSON does not have, as MLflow writes them. */
const named: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}

/** Metrics as JSON text. The three numbers that JSON does not have become text. */
export function encodeMetrics(value: unknown): Uint8Array {
  return Buffer.from(
    JSON.stringify(value, (_key, item: unknown) =>
      typeof item === 'number' && !Number.isFinite(item) ? String(item) : item,
    ),
    'utf8',
  )
}

/** The reverse of {@link encodeMetrics}. @throws DatasetError `DATASET_NOT_DECODABLE` */
export function decodeMetrics(bytes: Uint8Array, dataset: Dataset, where: string): unknown {
  const text = decodeText(bytes, dataset, where)
  try {
    return JSON.parse(text, (_key, item: unknown) =>
      typeof item === 'string' && Object.hasOwn(named, item) ? named[item] : item,
    )
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw notDecodable(dataset, where, reason, error)
  }
}

/** The error of a value that is none of the metrics that the dataset takes. */
export function notMetric(
  dataset: string,
  path: readonly PropertyKey[],
  found: string,
  hint: string,
): DatasetError {
  return new DatasetError(
    'DATASET_NOT_ENCODABLE',
    `Dataset '${dataset}' cannot be recorded as a metric: at ${valuePath(path)} is ${found}.`,
    { dataset, hint },
  )
}

/** What a value is, for a message. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return `the number ${value}`
  return value === undefined ? 'undefined' : `a value of type ${typeof value}`
}
