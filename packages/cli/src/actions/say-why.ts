import { exitCodes, type ExitCode } from '../exit-code.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { ProjectOptions } from '../options/project-options.ts'
import { findRun, noRuns } from '../services/find-run.ts'
import { withClient } from '../services/with-client.ts'
import { print, printJson } from '../terminal/output.ts'
import { nodeWhyText, runWhyText } from '../view/why-text.ts'

/** `why RUN [NODE]` */
export async function sayWhy(
  id: string,
  node: string | undefined,
  options: ProjectOptions & OutputOptions,
): Promise<ExitCode> {
  const said = await withClient(options, async ({ client }) => {
    const run = await findRun(client, id)
    if (node === undefined) {
      const why = await run.why()
      if (options.json === true) printJson({ type: 'why', ...why })
      else print(runWhyText(why))
    } else {
      const why = await run.why(node)
      if (options.json === true) printJson({ type: 'why', ...why })
      else print(nodeWhyText(why))
    }
    return true
  })
  if (said === undefined) throw noRuns()
  return exitCodes.succeeded
}
