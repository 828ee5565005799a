import { kindOf, notMetric } from './metric-json.ts'

/** One value of a metric, before it has a key. */
export interface Point {
  readonly value: number
  readonly step: number
  /** Ms since 1970. Undefined: now. */
  readonly timestamp?: number | undefined
}

const historyHint =
  'Return a list of numbers, an object of step to number, or a list of { step, value } with an optional timestamp.'
const metricsHint = 'Return an object of key to { step, value }, or to a list of such points.'

/**
 * The points of one metric: a list of numbers (the places are the steps), an object of step to number, or a list of
 * `{ step, value, timestamp? }`.
 *
 * @throws DatasetError `DATASET_NOT_ENCODABLE` naming the path in the value.
 */
export function historyPoints(value: unknown, dataset: string): readonly Point[] {
  if (Array.isArray(value))
    return value.map((item: unknown, index) =>
      typeof item === 'number'
        ? { value: item, step: index }
        : pointOf(item, dataset, [index], historyHint),
    )
  if (!isRecord(value)) throw notMetric(dataset, [], kindOf(value), historyHint)
  return Object.entries(value).map(([key, item]) => {
    const step = Number(key)
    if (key === '' || !Number.isSafeInteger(step))
      throw notMetric(dataset, [key], 'a key that is no step', historyHint)
    if (typeof item !== 'number') throw notMetric(dataset, [key], kindOf(item), historyHint)
    return { value: item, step }
  })
}

/**
 * The points of several metrics by key: `{ step, value }`, or a list of them.
 *
 * @throws DatasetError `DATASET_NOT_ENCODABLE` naming the path in the value.
 */
export function metricsPoints(
  value: unknown,
  dataset: string,
): readonly (readonly [key: string, points: readonly Point[]])[] {
  if (!isRecord(value)) throw notMetric(dataset, [], kindOf(value), metricsHint)
  return Object.entries(value).map(([key, item]) => [
    key,
    Array.isArray(item)
      ? item.map((point: unknown, index) => pointOf(point, dataset, [key, index], metricsHint))
      : [pointOf(item, dataset, [key], metricsHint)],
  ])
}

function pointOf(
  item: unknown,
  dataset: string,
  path: readonly PropertyKey[],
  hint: string,
): Point {
  if (!isRecord(item)) throw notMetric(dataset, path, kindOf(item), hint)
  const { value, step = 0, timestamp } = item
  if (typeof value !== 'number') throw notMetric(dataset, [...path, 'value'], kindOf(value), hint)
  if (typeof step !== 'number' || !Number.isSafeInteger(step))
    throw notMetric(dataset, [...path, 'step'], `${kindOf(step)}, no whole number`, hint)
  if (timestamp !== undefined && !(typeof timestamp === 'number' && timestamp >= 0))
    throw notMetric(dataset, [...path, 'timestamp'], `${kindOf(timestamp)}, no time`, hint)
  return { value, step, timestamp }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
