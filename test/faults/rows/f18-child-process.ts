import { openFaultProject, type Checked } from '../project.ts'
import { between } from '../random.ts'
import { resultOf, type Demand } from '../result.ts'
import type { FaultRow, RowContext } from '../row.ts'
import { makeTrouble, type TroubleOutcome } from './f18/make-trouble.ts'
import { calm, trouble, troubles } from './f18/troubled.ts'

/** Nodes that do to their own child process what they like. */
export const row: FaultRow = {
  row: 'F18',
  fault:
    'child processes of nodes: out of memory, segfault, kill -9, hang, 1 GiB on stdout, children of their own, deaf to SIGTERM, garbage on the channel',
  expected:
    'the node fails by a named cause, its process group is dead within 5 s, the worker grows by at most 96 MiB, neighbours live',
  async run(context) {
    const project = await openFaultProject(context, {
      worker: {
        concurrency: 4,
        grace: 300,
        // So that a body soon has no memory left.
        execArgv: ['--max-old-space-size=256'],
        env: { PIPEWRIGHT_FAULT_FLOOD: context.short ? '48' : '1024', PIPEWRIGHT_FAULT_PACE: '20' },
      },
    })
    const worker = await project.work()
    await project.enqueue(calm)
    await project.ended(60_000)
    let dead = false
    void worker.ended.then(() => (dead = true))
    const outcomes: TroubleOutcome[] = []
    for (const name of namesOf(context)) {
      // Without it nothing goes on.
      if (dead) break
      outcomes.push(await makeTrouble(project, worker, name))
      context.say(outcomes.at(-1)?.note ?? name)
    }
    const checked = await project.check({ guilty: [trouble] })
    return resultOf('F18', outcomes.length, [checked], {
      demands: [
        ...outcomes.flatMap(({ demands }) => demands),
        ...neighboursOf(checked),
        { what: 'the worker lives', holds: !dead },
      ],
      recoveries: outcomes.flatMap(({ gone }) => gone ?? []),
      notes: [
        'Recovery: from the end of the node to the end of the last process of its group.',
        ...outcomes.map(({ note }) => note),
      ],
    })
  },
}

/** Three in `npm test`, where the seed says; else all. */
function namesOf({ random, short }: RowContext): readonly string[] {
  const names = Object.keys(troubles)
  const first = between(random, 0, names.length - 1)
  return short ? [0, 3, 5].flatMap((step) => names[(first + step) % names.length] ?? []) : names
}

function neighboursOf({ history }: Checked): readonly Demand[] {
  const hurt = history.runs.flatMap(({ pipeline, records }) =>
    records.flatMap(({ node, status }) =>
      node.startsWith('in_') && status !== 'succeeded' ? [`${pipeline}/${node} ${status}`] : [],
    ),
  )
  return [{ what: `neighbours live, not ${hurt.join()}`, holds: hurt.length === 0 }]
}
