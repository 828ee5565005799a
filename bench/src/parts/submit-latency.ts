import { connect } from '@pipewright/engine/client'

import { large, largeName, pipelineOf } from '../shapes.ts'
import { median } from '../statistics.ts'

/** How long `client.enqueue` takes for a run of 10,000 nodes. */
export interface SubmitLatency {
  readonly shape: string
  readonly nodes: number
  /** The first time: the plan is compiled and stored. */
  readonly firstMs: number
  /** Median and longest of those that find the plan stored. */
  readonly medianMs: number
  readonly longestMs: number
}

const times = 11

/** No worker is alive meanwhile, so what is measured is the submission alone. */
export async function submitLatencies(url: string): Promise<readonly SubmitLatency[]> {
  const latencies: SubmitLatency[] = []
  for (const [name, shape] of Object.entries(large)) {
    const pipeline = pipelineOf(largeName(name), shape, 'inline')
    const client = await connect({ redis: url, prefix: `{submit-${largeName(name)}}` })
    const measured: number[] = []
    for (let i = 0; i <= times; i += 1) {
      const start = performance.now()
      await client.enqueue(pipeline)
      measured.push(performance.now() - start)
    }
    const [firstMs = Number.NaN, ...others] = measured
    latencies.push({
      shape: name,
      nodes: shape.nodes,
      firstMs,
      medianMs: median(others),
      longestMs: Math.max(...others),
    })
    await client.close()
  }
  return latencies
}
