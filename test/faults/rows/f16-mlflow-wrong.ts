import type { Fault } from '../../adapter/faulty-proxy.ts'
import { smallShapes } from '../fixture/pipelines/shapes.ts'
import { openRecordedProject } from '../mlflow/recorded-project.ts'
import type { Checked } from '../project.ts'
import { scaled } from '../random.ts'
import { resultOf, type Demand } from '../result.ts'
import type { FaultRow, RowContext } from '../row.ts'
import { wrongAnswers } from './f16/answers.ts'

/** Share of requests that are answered wrongly. */
const share = 0.25

/** MLflow answers late, wrongly, in part or never, also when it has done what it was asked. */
export const row: FaultRow = {
  row: 'F16',
  fault:
    'MLflow slow, answering 500 or 429, hanging, its answers cut short or lost after the request was carried out',
  expected: 'MLflow equals the ledger, without duplicates',
  async run(context) {
    const kinds = Object.entries(wrongAnswers)
    const outcomes = [await recordThrough(context, kinds)]
    if (!context.short) {
      for (const kind of kinds) outcomes.push(await recordThrough(context, [kind]))
    }
    return resultOf(
      'F16',
      outcomes.reduce((sum, { wrong }) => sum + wrong, 0),
      outcomes.map(({ checked }) => checked),
      {
        demands: outcomes.flatMap(({ demands }) => demands),
        notes: outcomes.map(({ note }) => note),
      },
    )
  },
}

interface Outcome {
  readonly checked: Checked
  readonly demands: readonly Demand[]
  /** Requests that were answered wrongly. */
  readonly wrong: number
  readonly note: string
}

/** Records runs while every fourth request or so is answered in one of the wrong ways. */
async function recordThrough(
  context: RowContext,
  kinds: readonly (readonly [string, Fault])[],
): Promise<Outcome> {
  const { project, proxy, adapter } = await openRecordedProject(
    context,
    { worker: { concurrency: 4, env: { PIPEWRIGHT_FAULT_PACE: '20' } } },
    {
      PIPEWRIGHT_ADAPTER_TIMEOUT: context.short ? '600' : '3000',
      PIPEWRIGHT_ADAPTER_LONGEST_DELAY: context.short ? '200' : '2000',
    },
  )
  const done = new Map(kinds.map(([name]) => [name, 0]))
  let turn = 0
  proxy.decide = () => {
    const [name, fault] = kinds[turn % kinds.length] ?? []
    if (name === undefined || fault === undefined || context.random() > share) return 'pass'
    // In turns, so that each comes as often as the others.
    turn += 1
    done.set(name, (done.get(name) ?? 0) + 1)
    return fault
  }
  const runs = context.short ? 1 : scaled(12, context.scale, 3)
  for (let run = 0; run < runs; run += 1) {
    const pipeline = smallShapes[run % smallShapes.length]
    if (pipeline !== undefined) await project.enqueue(pipeline)
  }
  await project.ended(60_000)
  const recorded = await adapter.recorded(context.short ? 60_000 : 300_000)
  const checked = await project.check({ tracked: await adapter.tracked() })
  adapter.signal('SIGTERM')
  await adapter.ended
  const counts = [...done].map(([name, count]) => `${count} ${name}`)
  return {
    checked,
    wrong: turn,
    note: `Of ${proxy.calls.length} requests: ${counts.join(', ')}.`,
    demands: [
      { what: 'all recorded in time', holds: recorded },
      { what: `each wrong answer was given: ${counts.join()}`, holds: turn >= kinds.length },
    ],
  }
}
