import { mlflow } from '../../support/mlflow.ts'
import { sharedRedisUrl } from '../../support/redis.ts'
import type { RowResult } from '../row.ts'
import { loadRow, type RowFile } from './find-rows.ts'
import { runRow } from './run-row.ts'

/** What the suite is to do. */
export interface SuiteOptions {
  readonly rows: readonly RowFile[]
  readonly seed: number
  readonly scale: number
  readonly short: boolean
  readonly signal: AbortSignal
  /** Takes a line for people. */
  readonly print: (line: string) => void
}

/** A row of the matrix and what came of it. */
export interface RowOutcome {
  readonly fault: string
  readonly expected: string
  readonly seconds: number
  readonly result: RowResult
}

/** Runs the rows one after the other, on the servers that the global set-up of the tests has started. */
export async function runSuite(options: SuiteOptions): Promise<readonly RowOutcome[]> {
  const { print, rows, ...settings } = options
  const outcomes: RowOutcome[] = []
  for (const file of rows) {
    if (options.signal.aborted) break
    const row = await loadRow(file)
    const began = performance.now()
    print(`${row.row}  ${row.fault}`)
    const result = await runRow(row, {
      ...settings,
      redisUrl: sharedRedisUrl(),
      mlflowUrl: async () => (await mlflow()).uri,
      say: (name, text) => print(`${name}    ${sinceOf(began)} s: ${text}`),
    })
    if (options.signal.aborted) break
    const seconds = (performance.now() - began) / 1000
    outcomes.push({ fault: row.fault, expected: row.expected, seconds, result })
    print(lineOf(result, seconds))
  }
  return outcomes
}

function sinceOf(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(0)
}

function lineOf(result: RowResult, seconds: number): string {
  const figures = [
    `${result.trials} trials`,
    `${result.lost} lost`,
    `${result.failedByInfrastructure} failed`,
    `${result.rerunCommitted} committed run again`,
    ...(result.duplicatesInMlflow === null ? [] : [`${result.duplicatesInMlflow} duplicates`]),
    ...(result.recoveryP95Ms === null ? [] : [`recovery p95 ${result.recoveryP95Ms} ms`]),
    `${seconds.toFixed(0)} s`,
  ]
  const notes = result.notes.map((note) => `\n${result.row}    ${note}`).join('')
  return `${result.row}  ${result.pass ? 'pass' : 'FAIL'}: ${figures.join(', ')}${notes}`
}
