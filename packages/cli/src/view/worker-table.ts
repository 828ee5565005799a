import type { KnownWorker } from '@pipewright/engine/client'

import { durationText } from '../terminal/duration-text.ts'
import { paint } from '../terminal/paint.ts'
import { tableText } from '../terminal/table-text.ts'

/** Workers as a table, one a line; queues as `name running/concurrency`. What they offer is shown when one offers anything. */
export function workersTable(workers: readonly KnownWorker[]): string {
  const offers = workers.some(({ resources }) => Object.keys(resources).length > 0)
  const head = ['WORKER', 'STATE', 'HOST', 'PID', 'VERSION', 'UP', 'LAST BEAT', 'QUEUES']
  if (offers) head.push('OFFERS')
  const rows = workers.map((worker) => [
    worker.name,
    worker.lost ? paint('red', '✖ lost') : paint('green', '✔ alive'),
    worker.host,
    String(worker.pid),
    worker.version,
    durationText(worker.beatAt - worker.startedAt),
    `${durationText(worker.silentFor)} ago`,
    worker.queues
      .map(({ name, running, concurrency }) => `${name} ${running}/${concurrency}`)
      .join(', '),
    ...(offers ? [offerText(worker)] : []),
  ])
  return tableText([head.map((name) => paint('dim', name)), ...rows])
}

function offerText({ resources }: KnownWorker): string {
  return Object.entries(resources)
    .map(([name, amount]) => `${name} ${amount}`)
    .join(', ')
}
