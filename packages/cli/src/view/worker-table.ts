import type { KnownWorker } from '@pipewright/engine/client'

import { durationText } from '../terminal/duration-text.ts'
import { paint } from '../terminal/paint.ts'
import { tableText } from '../terminal/table-text.ts'

/** Digits that tell two versions of code apart. */
const codeDigits = 8

/**
 * Workers as a table, one a line; queues as `name running/concurrency`. What they offer is shown when one offers anything, and
 * below the table why one claims nothing.
 */
export function workersTable(workers: readonly KnownWorker[]): string {
  const offers = workers.some(({ resources }) => Object.keys(resources).length > 0)
  const head = ['WORKER', 'STATE', 'HOST', 'PID', 'VERSION', 'CODE', 'UP', 'LAST BEAT', 'QUEUES']
  if (offers) head.push('OFFERS')
  const rows = workers.map((worker) => [
    worker.name,
    stateText(worker),
    worker.host,
    String(worker.pid),
    worker.version,
    worker.code?.slice(0, codeDigits) ?? '',
    durationText(worker.beatAt - worker.startedAt),
    `${durationText(worker.silentFor)} ago`,
    worker.queues
      .map(({ name, running, concurrency }) => `${name} ${running}/${concurrency}`)
      .join(', '),
    ...(offers ? [offerText(worker)] : []),
  ])
  const table = tableText([head.map((name) => paint('dim', name)), ...rows])
  return [table, ...workers.flatMap(problemLines)].join('\n')
}

function stateText({ lost, problem }: KnownWorker): string {
  if (lost) return paint('red', '✖ lost')
  return problem === undefined ? paint('green', '✔ alive') : paint('yellow', '! refused')
}

function problemLines({ name, lost, problem }: KnownWorker): readonly string[] {
  if (lost || problem === undefined) return []
  const { code, message, hint } = problem
  const line = `${paint('yellow', '!')} ${name} claims nothing: ${code}: ${message}`
  return hint === undefined ? [line] : [line, `  ${paint('cyan', '→')} ${hint}`]
}

function offerText({ resources }: KnownWorker): string {
  return Object.entries(resources)
    .map(([name, amount]) => `${name} ${amount}`)
    .join(', ')
}
