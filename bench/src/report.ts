import type { Row } from './row.ts'
import { table } from './table.ts'

/** A promise about a row, and what was measured. */
interface Target {
  readonly what: string
  readonly limit: string
  readonly holds: (value: number) => boolean
  value(rows: readonly Row[], redis: readonly number[]): number | undefined
}

/** The best of our rows of a shape: a user chooses the concurrency. */
function bestRatio(
  rows: readonly Row[],
  shape: string,
  isolation: Row['isolation'],
): number | undefined {
  const ratios = rows
    .filter((row) => row.shape === shape && row.isolation === isolation)
    .map(({ ratioToQueue }) => ratioToQueue)
  return ratios.length === 0 ? undefined : Math.max(...ratios)
}

function speed(shape: string, isolation: Row['isolation'], least: number): Target {
  return {
    what: `${shape}, ${isolation}: nodes/s of the bare queue's`,
    limit: `at least ${least}`,
    holds: (value) => value >= least,
    value: (rows) => bestRatio(rows, shape, isolation),
  }
}

function redisCpu(shape: string): Target {
  return {
    what: `${shape}, inline: Redis CPU of the bare queue's`,
    limit: 'at most 1.4',
    holds: (value) => value <= 1.4,
    value(rows, redis) {
      const index = rows.findIndex(
        (row) => row.shape === shape && row.isolation === 'inline' && row.concurrency >= 32,
      )
      return redis[index]
    },
  }
}

const targets: readonly Target[] = [
  speed('layered', 'inline', 0.8),
  speed('fan', 'inline', 0.8),
  speed('layered', 'thread', 0.6),
  {
    what: 'chain, inline: hop p50 in ms',
    limit: 'at most 1',
    holds: (value) => value <= 1,
    value: (rows) =>
      rows.find((row) => row.shape === 'chain' && row.isolation === 'inline')?.hopP50Ms ??
      undefined,
  },
  redisCpu('layered'),
  redisCpu('fan'),
]

/** The result for people. `redis` holds the ratio of Redis CPU of each row. */
export function report(rows: readonly Row[], redis: readonly number[]): string {
  const head = [
    'shape',
    'isolation',
    'concurrency',
    'nodes/s',
    'x queue',
    'x filled',
    'hop p50',
    'hop p99',
    'Redis us',
    'x queue',
    'worker us',
  ]
  const cells = rows.map((row, index) => [
    row.shape,
    row.isolation,
    String(row.concurrency),
    String(row.nodesPerSecond),
    row.ratioToQueue.toFixed(2),
    row.ratioToFilledQueue.toFixed(2),
    row.hopP50Ms?.toFixed(2) ?? '',
    row.hopP99Ms?.toFixed(2) ?? '',
    String(row.redisMicrosPerNode),
    redis[index]?.toFixed(2) ?? '',
    String(row.workerMicrosPerNode),
  ])
  return `${table(head, cells, 2)}\n\n${verdicts(rows, redis)}`
}

function verdicts(rows: readonly Row[], redis: readonly number[]): string {
  const lines = targets.flatMap((target) => {
    const value = target.value(rows, redis)
    if (value === undefined) return []
    return [[target.what, target.limit, value.toFixed(2), target.holds(value) ? 'holds' : 'MISSED']]
  })
  return table(['target', '', 'measured', ''], lines, 2)
}
