import type { PipelineRunInfo } from '@pipewright/engine'
import type { Run } from '@pipewright/engine/client'
import { callHooks } from '@pipewright/engine/internal'

import type { NoticeLog } from '../terminal/notice-log.ts'
import type { PreparedRun } from './prepare-run.ts'

/** The hooks of a run that is waited for. */
export interface PipelineHooks {
  before(): Promise<void>
  after(run: Pick<Run, 'status' | 'error'>): Promise<void>
}

/** Calls the project's hooks of pipelines for a run. They never throw. */
export function pipelineHooks(
  { opened, pipeline, params }: Pick<PreparedRun, 'opened' | 'pipeline' | 'params'>,
  runId: string,
  notices: Pick<NoticeLog, 'warn'>,
): PipelineHooks {
  const { hooks } = opened.project
  const log = {
    warn: (message: string, fields?: unknown) => notices.warn(fields ?? {}, message),
  }
  const info: PipelineRunInfo = { runId, pipeline: pipeline.name, params }
  return {
    async before() {
      await callHooks(hooks, 'beforePipelineRun', info, log)
    },
    async after({ status, error }) {
      if (status === 'succeeded') await callHooks(hooks, 'afterPipelineRun', info, log)
      else {
        const told = { ...info, error: error ?? `The run ended as ${status}.` }
        await callHooks(hooks, 'onPipelineError', told, log)
      }
    },
  }
}
