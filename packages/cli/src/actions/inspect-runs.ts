import { isTerminal, type RunHandle } from '@pipewright/engine/client'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { ProjectOptions } from '../options/project-options.ts'
import { findRun, noRuns } from '../services/find-run.ts'
import { withClient } from '../services/with-client.ts'
import { print, printJson, printNotice } from '../terminal/output.ts'
import { followRun } from '../view/follow-run.ts'
import { openView } from '../view/open-view.ts'
import { runSummary } from '../view/run-summary.ts'
import { runDetails, runsTable } from '../view/run-table.ts'

type InspectOptions = ProjectOptions & OutputOptions

/** `runs list`: newest first. */
export async function listRuns(
  options: InspectOptions & { readonly limit?: number; readonly pipeline?: string },
): Promise<ExitCode> {
  const { limit = 20, pipeline } = options
  const runs =
    (await withClient(options, ({ client }) => client.runs.newest(limit, pipeline))) ?? []
  if (options.json === true) for (const run of runs) printJson({ type: 'run', ...run })
  else if (runs.length === 0)
    printNotice('There are no runs yet. Start one: pipewright run <pipeline>')
  else print(runsTable(runs))
  return exitCodes.succeeded
}

/** `runs show [RUN]`: one run, the newest by default. With `follow` until its end. */
export async function showRun(
  id: string | undefined,
  options: InspectOptions & { readonly follow?: boolean },
): Promise<ExitCode> {
  const shown = await withClient(options, async ({ client }) => {
    const handle = await findRun(client, id)
    if (options.follow === true) await follow(handle, options)
    const [run, plan, nodes] = [await handle.get(), await handle.plan(), await handle.nodes()]
    if (options.json === true) {
      const { params, tags, createdAt, endedAt, env } = run
      const summary = runSummary(run, nodes, null)
      printJson({ ...summary, type: 'run', params, tags, env, createdAt, endedAt })
    } else {
      print(runDetails(run, plan, nodes, options.verbose === true))
      if (!isTerminal(run.status)) print(`\n→ pipewright why ${run.id}`)
    }
    return run
  })
  if (shown === undefined) throw noRuns()
  return exitCodes.succeeded
}

async function follow(handle: RunHandle, options: OutputOptions): Promise<void> {
  const view = openView(options)
  try {
    await followRun(handle, view)
  } finally {
    view.close()
  }
}

/** `runs cancel RUN` */
export async function cancelRun(id: string, options: InspectOptions): Promise<ExitCode> {
  const told = await withClient(options, async ({ client }) => {
    const handle = await client.run(id)
    const reply = await handle.cancel()
    const { status } = await handle.get()
    if (options.json === true) printJson({ type: 'cancel', runId: id, reply, status })
    else if (reply === 'ended' || isTerminal(status)) print(`run ${id} has ended: ${status}`)
    else print(`run ${id} is being cancelled: running nodes are aborted by their workers`)
    return reply
  })
  if (told === undefined) throw noRuns()
  return exitCodes.succeeded
}
