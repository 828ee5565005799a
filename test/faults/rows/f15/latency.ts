import { shapes } from '../../fixture/pipelines/shapes.ts'
import { openRecordedProject } from '../../mlflow/recorded-project.ts'
import type { Checked } from '../../project.ts'
import type { RowContext } from '../../row.ts'

/** Node latency with MLflow away, beside that with MLflow there. */
export interface Latency {
  readonly checked: Checked
  /** Of each pair: milliseconds a node with MLflow away, divided by those with MLflow there. */
  readonly ratios: readonly number[]
  readonly recorded: boolean
}

/** Runs so many pairs of chains, one with MLflow there and one with MLflow away, in changing order. */
export async function measureLatency(context: RowContext, pairs: number): Promise<Latency> {
  const { project, proxy, adapter } = await openRecordedProject(
    context,
    { worker: { env: { PIPEWRIGHT_FAULT_PACE: '10' } } },
    { PIPEWRIGHT_ADAPTER_LONGEST_DELAY: '1000' },
  )
  const [chain] = shapes
  if (chain === undefined) throw new Error('the suite has no shapes')
  const measure = async (): Promise<number> => {
    const run = await project.enqueue(chain)
    await run.wait({ timeout: 120_000, signal: context.signal })
    const { createdAt, endedAt = Number.NaN } = await run.get()
    return (endedAt - createdAt) / chain.nodes.length
  }
  const there = async (): Promise<number> => {
    await adapter.recorded(60_000)
    return measure()
  }
  const away = async (): Promise<number> => {
    await adapter.recorded(60_000)
    await proxy.down()
    const latency = await measure()
    await proxy.up()
    return latency
  }
  // Threads and connections are warm from here on.
  await measure()
  const ratios: number[] = []
  for (let pair = 0; pair < pairs; pair += 1) {
    const first = pair % 2 === 0 ? await there() : await away()
    const second = pair % 2 === 0 ? await away() : await there()
    ratios.push(pair % 2 === 0 ? second / first : first / second)
  }
  const recorded = await adapter.recorded(60_000)
  return { ratios, recorded, checked: await project.check({ tracked: await adapter.tracked() }) }
}
