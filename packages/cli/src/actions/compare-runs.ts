import { exitCodes, type ExitCode } from '../exit-code.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { ProjectOptions } from '../options/project-options.ts'
import { findRun, noRuns } from '../services/find-run.ts'
import { withClient } from '../services/with-client.ts'
import { print, printJson } from '../terminal/output.ts'
import { diffText } from '../view/diff-text.ts'

/** `diff RUN_A RUN_B` */
export async function compareRuns(
  before: string,
  after: string,
  options: ProjectOptions & OutputOptions,
): Promise<ExitCode> {
  const compared = await withClient(options, async ({ client }) => {
    const [a, b] = [await findRun(client, before), await findRun(client, after)]
    const diff = await client.diff(a.id, b.id)
    if (options.json === true) printJson({ type: 'diff', ...diff })
    else print(diffText(diff))
    return true
  })
  if (compared === undefined) throw noRuns()
  return exitCodes.succeeded
}
