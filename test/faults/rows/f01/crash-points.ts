import { setTimeout as wait } from 'node:timers/promises'

import { shortLease } from '../../../support/projects.ts'
import { publication } from '../../fixture/pipelines/publication.ts'
import { openFaultProject, type Checked } from '../../project.ts'
import type { RowContext } from '../../row.ts'

/** Where a worker ends, and how many bodies may run again because of it. */
const points = {
  'worker.claimed': [0],
  // Its body has not written down its start yet.
  'worker.begun': [0],
  'worker.ended': [1],
  'worker.committing': [1],
  'worker.committed': [0],
  // The reader may be under way while its input is published.
  'worker.publishing': [0, 1],
  'worker.published': [0, 1],
} as const

/** A place at which a worker ends. */
export type WorkerPoint = keyof typeof points

/** All of them. */
export const workerPoints = Object.keys(points) as readonly WorkerPoint[]

/** Those after which nobody waits 10 s for a publication. */
export const quickPoints: readonly WorkerPoint[] = workerPoints.filter(
  (point) => !point.startsWith('worker.publish'),
)

/** What came of a worker that ended at a point. */
export interface CrashOutcome {
  readonly point: WorkerPoint
  readonly checked: Checked
  /** Undefined when it came out as it must. */
  readonly wrong: string | undefined
}

/** Has a worker end at a point, and another one go on. */
export async function crashAt(context: RowContext, point: WorkerPoint): Promise<CrashOutcome> {
  const project = await openFaultProject(context, { worker: shortLease })
  const victim = await project.work({ env: { PIPEWRIGHT_CRASH_POINTS: `${point}=kill` } })
  await project.enqueue(publication)
  const crashed = await Promise.race([victim.ended.then(() => true), wait(30_000, false)])
  const at = Date.now()
  project.excuse({ kind: 'kill', worker: victim.name, from: at, to: at })
  await project.work()
  await project.ended(60_000)
  const checked = await project.check()
  const again = checked.figures.starts - checked.figures.nodes
  const wrong = !crashed
    ? `no worker came to ${point}`
    : points[point].some((allowed) => allowed === again)
      ? undefined
      : `killed at ${point}: ${again} bodies ran again, not ${points[point].join(' or ')}`
  return { point, checked, wrong }
}
