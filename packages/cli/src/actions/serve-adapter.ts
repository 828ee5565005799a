import { InfrastructureError, PipewrightError } from '@pipewright/engine'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { ProjectOptions } from '../options/project-options.ts'
import { openConfig } from '../project/open-project.ts'
import { openRecording, type Recording } from '../services/recording.ts'
import { openRedisService } from '../services/redis-service.ts'
import { Interrupt } from '../terminal/interrupt.ts'
import { noticeLog } from '../terminal/notice-log.ts'
import { printNotice } from '../terminal/output.ts'

/** `pipewright adapter`: records runs in MLflow until SIGINT or SIGTERM. */
export async function serveAdapter(options: ProjectOptions & OutputOptions): Promise<ExitCode> {
  const opened = await openConfig({ env: options.env })
  for (const { text } of opened.config.remarks) printNotice(`warning: ${text}`)
  const interrupt = new Interrupt()
  const { signal } = interrupt
  const redis = await openRedisService(opened, {
    redis: options.redis,
    onProgress: printNotice,
    signal,
  })
  const recording = openRecording(opened, {
    redis: redis.url,
    prefix: opened.prefix,
    log: noticeLog(options),
    onProgress: printNotice,
  })
  const interrupted = new Promise<void>((resolve) => {
    interrupt.onFirst(resolve)
  })
  try {
    await Promise.race([announced(recording, redis.description), interrupted])
    await interrupted
    return exitCodes.succeeded
  } finally {
    await recording.close()
    await redis.close()
    interrupt.dispose()
  }
}

async function announced(recording: Recording, redis: string): Promise<void> {
  try {
    const { uri } = await recording.started
    printNotice(`adapter records runs of ${redis} in MLflow at ${uri}`)
  } catch (error) {
    if (error instanceof PipewrightError) throw error
    throw new InfrastructureError('ADAPTER_FAILED', `The adapter cannot start: ${String(error)}.`, {
      hint: 'Check MLFLOW_TRACKING_URI and server.mlflow_tracking_uri of mlflow.yml.',
      cause: error,
    })
  }
}
