import type { Run } from '@pipewright/engine/client'
import { assertEnded } from '@pipewright/engine/internal'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import { prepareRun } from '../project/prepare-run.ts'
import { resumeFacts } from '../project/resume-facts.ts'
import { findRun, noRuns } from '../services/find-run.ts'
import { withClient } from '../services/with-client.ts'
import { print, printJson } from '../terminal/output.ts'
import { resumePlanText } from '../view/resume-plan-text.ts'
import { enqueuePrepared } from './enqueue-run.ts'
import { runPrepared, type RunPipelineOptions } from './run-pipeline.ts'

/** Options of `pipewright resume`. */
export interface ResumeRunOptions extends RunPipelineOptions {
  readonly plan?: boolean
  readonly sameParams?: boolean
  readonly enqueue?: boolean
}

/** `resume [RUN]`: a new run that keeps what an earlier one has committed and nothing has changed of. */
export async function resumeRun(id: string, options: ResumeRunOptions): Promise<ExitCode> {
  const earlier = await withClient(options, async ({ client }): Promise<Run> => {
    const found = await findRun(client, id)
    return found.get()
  })
  if (earlier === undefined) throw noRuns()
  assertEnded(earlier)
  const prepared = await prepareRun(earlier.pipeline, options, {
    run: earlier,
    sameParams: options.sameParams === true,
  })
  if (options.plan !== true) {
    return options.enqueue === true
      ? enqueuePrepared(prepared, options)
      : runPrepared(prepared, options)
  }
  const { facts, check } = await resumeFacts(prepared)
  const plan = await withClient(options, async ({ client }) =>
    client.resumePlan(earlier.id, facts, check),
  )
  if (options.json === true) printJson({ type: 'resume_plan', run: earlier.id, nodes: plan ?? [] })
  else print(resumePlanText(earlier.id, plan ?? []))
  return exitCodes.succeeded
}
