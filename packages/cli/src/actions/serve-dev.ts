import { messageOf } from '../error-report.ts'
import { exitCodes, type ExitCode } from '../exit-code.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { ProjectOptions } from '../options/project-options.ts'
import type { ServeOptions } from '../options/serve-options.ts'
import { openConfig, openProject } from '../project/open-project.ts'
import { openRecording, type Recording } from '../services/recording.ts'
import { openRedisService } from '../services/redis-service.ts'
import { Interrupt } from '../terminal/interrupt.ts'
import { noticeLog } from '../terminal/notice-log.ts'
import { printNotice } from '../terminal/output.ts'
import { paint } from '../terminal/paint.ts'
import { drained, openWorker } from './serve-worker.ts'

/** Options of `pipewright dev`. */
export interface ServeDevOptions extends ProjectOptions, OutputOptions, ServeOptions {
  /** False with `--no-mlflow`. */
  readonly mlflow: boolean
}

/** `pipewright dev`: Redis, MLflow, adapter and a worker, until Ctrl-C. */
export async function serveDev(options: ServeDevOptions): Promise<ExitCode> {
  const opened = await openProject({ env: options.env })
  const interrupt = new Interrupt()
  const { signal } = interrupt
  const redis = await openRedisService(opened, {
    redis: options.redis,
    onProgress: printNotice,
    signal,
  })
  let recording: Recording | undefined
  try {
    const worker = await openWorker(opened, redis.url, options)
    printNotice(`Redis   ${redis.description}`)
    printNotice(`worker  ${worker.name}`)
    if (options.mlflow) {
      const log = noticeLog(options)
      const { prefix } = opened
      recording = openRecording(opened, { redis: redis.url, prefix, log, onProgress: printNotice })
      void announceMlflow(recording)
    }
    printNotice('Enqueue runs from another terminal: pipewright enqueue <pipeline>. Ctrl-C stops.')
    await drained(worker, interrupt, options.grace)
    return exitCodes.succeeded
  } finally {
    await recording?.close()
    await redis.close()
    interrupt.dispose()
  }
}

async function announceMlflow(recording: Recording): Promise<void> {
  try {
    const { uri } = await recording.started
    printNotice(`MLflow  ${paint('cyan', uri, process.stderr)}`)
  } catch (error) {
    const reason = messageOf(error).split('\n')[0]
    printNotice(
      `MLflow  is not there: ${reason}. Runs work without it; their record waits in Redis.`,
    )
  }
}

/** `pipewright dev --stop`: ends embedded servers that a `run` or a crash left behind. */
export async function stopServices(): Promise<ExitCode> {
  const { root } = await openConfig()
  const { stopEmbeddedMlflow, stopEmbeddedRedis } = await import('../embedded/index.ts')
  const [mlflow, redis] = [await stopEmbeddedMlflow(root), await stopEmbeddedRedis(root)]
  const stopped = [...(mlflow ? ['MLflow'] : []), ...(redis ? ['Redis'] : [])]
  printNotice(stopped.length === 0 ? 'Nothing was running.' : `Stopped ${stopped.join(' and ')}.`)
  return exitCodes.succeeded
}
