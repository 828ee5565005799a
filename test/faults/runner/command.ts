import { join } from 'node:path'

import { setup, teardown } from '../../support/global-setup.ts'
import { sharedRedisUrl } from '../../support/redis.ts'
import { endDescendants } from './descendants.ts'
import type { RowFile } from './find-rows.ts'
import { machineOf } from './machine.ts'
import type { FaultOptions } from './options.ts'
import { writeReport } from './report.ts'
import { runSuite, type RowOutcome } from './suite.ts'

const reportFile = join(import.meta.dirname, '..', '..', '..', 'docs', 'fault-report.md')

/** Runs the suite as asked. Returns the exit code. */
export async function runCommand(
  options: FaultOptions,
  files: readonly RowFile[],
): Promise<number> {
  // With --json standard output is the result's alone.
  const print = (line: string): void => (options.json ? console.error(line) : console.log(line))
  const interrupt = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => interrupt.abort())
  // What a row has left on its way fails when its servers are taken away; before that it is a fault of the row.
  let stray: unknown
  process.on('unhandledRejection', (error) => {
    if (interrupt.signal.aborted) return
    stray = error
    print(`a row left this behind: ${error instanceof Error ? error.stack : String(error)}`)
  })
  const { rows } = options
  const chosen = rows === undefined ? files : files.filter(({ row }) => rows.includes(row))
  const began = performance.now()
  try {
    await setup()
    const machine = await machineOf(sharedRedisUrl())
    const { seed, scale, short } = options
    print(
      `seed ${seed}, scale ${scale}; ${machine.cores} cores, Node ${machine.node}, ${machine.redis}, BullMQ ${machine.bullmq}`,
    )
    const { signal } = interrupt
    const suite = { rows: chosen, seed, scale, short, signal, print }
    const outcomes = await Promise.race([runSuite(suite), interrupted(signal)])
    if (outcomes === undefined || signal.aborted) return 130
    const seconds = (performance.now() - began) / 1000
    if (options.report) {
      print(await writeReport(reportFile, { machine, seed, scale, seconds, outcomes }))
    }
    const code = conclude(outcomes, { json: options.json, seconds, print })
    return stray === undefined ? code : 1
  } finally {
    await endDescendants()
    await teardown()
  }
}

/** Resolves some time after Ctrl-C: a row that cleans up well is done by then, and what another leaves is ended. */
async function interrupted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => setTimeout(() => resolve(undefined), 1000))
  })
}

function conclude(
  outcomes: readonly RowOutcome[],
  { json, seconds, print }: { json: boolean; seconds: number; print: (line: string) => void },
): number {
  const failed = outcomes.filter(({ result }) => !result.pass).map(({ result }) => result.row)
  print(
    `${outcomes.length - failed.length} of ${outcomes.length} rows pass, ${seconds.toFixed(0)} s` +
      (failed.length === 0 ? '' : `; these do not: ${failed.join(', ')}`),
  )
  if (json) console.log(JSON.stringify({ rows: outcomes.map(({ result }) => result) }))
  return failed.length === 0 ? 0 : 1
}
