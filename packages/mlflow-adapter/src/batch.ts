import type { MetricPoint, Tag } from './rest/entities.ts'

/** Params, metrics and tags for one run. */
export interface Batch {
  readonly params: readonly Tag[]
  readonly metrics: readonly MetricPoint[]
  readonly tags: readonly Tag[]
}

const most = { params: 100, tags: 100, entities: 1000, bytes: 900_000 }

/** Splits a batch so that each part keeps within the limits of one `log-batch` call. Nothing to say gives no part. */
export function split(batch: Batch): readonly Batch[] {
  const parts: Batch[] = []
  let part = empty()
  let bytes = 0
  const next = (size: number, full: boolean): void => {
    const entities = part.params.length + part.metrics.length + part.tags.length
    if (full || entities >= most.entities || (entities > 0 && bytes + size > most.bytes)) {
      parts.push(part)
      part = empty()
      bytes = 0
    }
    bytes += size
  }
  for (const param of batch.params) {
    next(sizeOf(param), part.params.length >= most.params)
    part.params.push(param)
  }
  for (const tag of batch.tags) {
    next(sizeOf(tag), part.tags.length >= most.tags)
    part.tags.push(tag)
  }
  for (const metric of batch.metrics) {
    next(metric.key.length * 4 + 100, false)
    part.metrics.push(metric)
  }
  if (part.params.length + part.metrics.length + part.tags.length > 0) parts.push(part)
  return parts
}

function empty(): { params: Tag[]; metrics: MetricPoint[]; tags: Tag[] } {
  return { params: [], metrics: [], tags: [] }
}

function sizeOf({ key, value }: Tag): number {
  return Buffer.byteLength(key) + Buffer.byteLength(value) + 32
}
