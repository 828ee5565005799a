import { seededRandom } from '../random.ts'
import type { FaultRow, RowContext, RowResult } from '../row.ts'

/** What all rows of one run of the suite have in common. */
export type SuiteContext = Omit<RowContext, 'random' | 'say' | 'cleanup'> & {
  readonly say: (row: string, text: string) => void
}

/**
 * Runs one row and cleans up after it. A row that throws does not pass, and its error is its note; the rows after it run
 * all the same.
 */
export async function runRow(row: FaultRow, suite: SuiteContext): Promise<RowResult> {
  const actions: (() => unknown)[] = []
  const context: RowContext = {
    ...suite,
    // A row does the same whichever rows run before it.
    random: seededRandom(suite.seed * 100 + Number(row.row.slice(1))),
    say: (text) => suite.say(row.row, text),
    cleanup: (action) => void actions.push(action),
  }
  let cleaned: Promise<unknown> | undefined
  const clean = (): Promise<unknown> => (cleaned ??= cleanUp(actions, context))
  const interrupt = (): void => void clean()
  suite.signal.addEventListener('abort', interrupt)
  try {
    suite.signal.throwIfAborted()
    return await row.run(context)
  } catch (error) {
    return notRun(row, error)
  } finally {
    await clean()
    suite.signal.removeEventListener('abort', interrupt)
  }
}

async function cleanUp(actions: (() => unknown)[], context: RowContext): Promise<void> {
  for (let action = actions.pop(); action !== undefined; action = actions.pop()) {
    try {
      await action()
    } catch (error) {
      context.say(`cleaning up: ${String(error)}`)
    }
  }
}

function notRun({ row }: FaultRow, error: unknown): RowResult {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return {
    row,
    trials: 0,
    lost: 0,
    failedByInfrastructure: 0,
    rerunCommitted: 0,
    duplicatesInMlflow: null,
    recoveryP95Ms: null,
    pass: false,
    notes: [`did not come to its end: ${text}`],
    bare: null,
  }
}
