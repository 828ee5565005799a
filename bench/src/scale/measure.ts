import type { PrivateRedis } from '../private-redis.ts'
import { table } from '../table.ts'
import { enqueueFigures, largeEnqueueFigures } from './enqueue.ts'
import { fairnessFigures } from './fairness.ts'
import type { Figure } from './figure.ts'
import { twentyWorkersFigures } from './twenty-workers.ts'
import { twoWorkersFigures } from './two-workers.ts'

/** What many runs and many workers come to. */
export async function measureScale(
  server: PrivateRedis,
  pairs: number,
): Promise<readonly Figure[]> {
  console.error('enqueues')
  const enqueues = await enqueueFigures(server)
  console.error('two workers against one')
  const workers = await twoWorkersFigures(server, pairs)
  console.error('a short run behind a large one')
  const fairness = await fairnessFigures(server)
  console.error('twenty workers')
  const twenty = await twentyWorkersFigures(server)
  console.error('enqueues of 10,000 nodes')
  const large = await largeEnqueueFigures(server)
  return [...enqueues, ...large, ...workers, ...fairness, ...twenty]
}

/** The result for people. */
export function scaleReport(figures: readonly Figure[]): string {
  const lines = figures.map(({ what, value, unit, target, holds }) => [
    what,
    value.toFixed(2),
    unit,
    target,
    target === '' ? '' : holds ? 'holds' : 'MISSED',
  ])
  return table(['figure', '', '', 'target', ''], lines)
}
