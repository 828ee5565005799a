import { setTimeout as wait } from 'node:timers/promises'

import { shapes, smallShapes } from '../../fixture/pipelines/shapes.ts'
import { openRecordedProject } from '../../mlflow/recorded-project.ts'
import type { Checked } from '../../project.ts'
import { scaled } from '../../random.ts'
import type { RowContext } from '../../row.ts'

/** What came of nodes that ended while MLflow was away. */
export interface Outage {
  readonly checked: Checked
  readonly nodes: number
  /** How long MLflow was away, in milliseconds. */
  readonly length: number
  /** From its return to everything being recorded, in milliseconds. */
  readonly recovery: number
  /** Everything was recorded within a minute of its return. */
  readonly recorded: boolean
  /** Every run ended while MLflow was away. */
  readonly endedMeanwhile: boolean
}

/** Everything is to be recorded so soon after the return of MLflow, in milliseconds. */
const limit = 60_000

/** Takes MLflow away for two minutes (at full scale), while 500 nodes run. */
export async function outage(context: RowContext): Promise<Outage> {
  const length = context.short ? 1000 : scaled(120_000, context.scale, 3000)
  const most = context.short ? 20 : scaled(500, context.scale, 40)
  const { project, proxy, adapter } = await openRecordedProject(
    context,
    { worker: { concurrency: 8, env: { PIPEWRIGHT_FAULT_PACE: '50' } } },
    // Else with its defaults: how often it knocks is part of what is measured.
    context.short ? { PIPEWRIGHT_ADAPTER_LONGEST_DELAY: '300' } : {},
  )
  await proxy.down()
  const away = performance.now()
  let nodes = 0
  const pipelines = [...(context.short ? smallShapes : shapes)].toReversed()
  for (let run = 0; nodes < most; run += 1) {
    const pipeline = pipelines[run % pipelines.length]
    if (pipeline === undefined) break
    await project.enqueue(pipeline)
    nodes += pipeline.nodes.length
  }
  const endedMeanwhile = await project.ended(120_000)
  await wait(Math.max(0, length - (performance.now() - away)), undefined, {
    signal: context.signal,
  })
  await proxy.up()
  const back = performance.now()
  const recorded = await adapter.recorded(limit)
  const recovery = performance.now() - back
  return {
    checked: await project.check({ tracked: await adapter.tracked() }),
    nodes,
    length: back - away,
    recovery,
    recorded,
    endedMeanwhile,
  }
}
