import type { Worker } from '@pipewright/worker'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import { durabilityOf } from '../options/durability-option.ts'
import { keyValues } from '../options/key-values.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { ProjectOptions } from '../options/project-options.ts'
import type { ServeOptions } from '../options/serve-options.ts'
import { openProject, type OpenedProject } from '../project/open-project.ts'
import { openRedisService } from '../services/redis-service.ts'
import { Interrupt } from '../terminal/interrupt.ts'
import { noticeLog } from '../terminal/notice-log.ts'
import { printNotice } from '../terminal/output.ts'

type ServeWorkerOptions = ProjectOptions & OutputOptions & ServeOptions

/** `pipewright worker`: runs nodes until SIGINT or SIGTERM, then drains. */
export async function serveWorker(options: ServeWorkerOptions): Promise<ExitCode> {
  const opened = await openProject({ env: options.env })
  const interrupt = new Interrupt()
  const { signal } = interrupt
  const redis = await openRedisService(opened, {
    redis: options.redis,
    onProgress: printNotice,
    signal,
  })
  try {
    const worker = await openWorker(opened, redis.url, options)
    printNotice(
      `worker ${worker.name} serves ${queuesOf(opened, options).join(', ')} of ${redis.description}`,
    )
    await drained(worker, interrupt, options.grace)
    return exitCodes.succeeded
  } finally {
    await redis.close()
    interrupt.dispose()
  }
}

/** A worker of the project as the options say. Its log is JSON lines, or text on a terminal. */
export async function openWorker(
  opened: OpenedProject,
  redis: string,
  options: ServeWorkerOptions,
): Promise<Worker> {
  const { startWorker } = await import('@pipewright/worker')
  const verbose = options.verbose === true
  const isText = process.stdout.isTTY && options.json !== true
  return startWorker({
    redis,
    prefix: opened.prefix,
    ...durabilityOf(opened, options.durability),
    root: opened.root,
    env: opened.config.env,
    queues: queuesOf(opened, options),
    concurrency: options.concurrency ?? opened.config.pipewright.worker.concurrency,
    lease: opened.config.pipewright.worker.lease,
    checkEvery: opened.config.pipewright.worker.checkEvery,
    lossBudget: opened.config.pipewright.worker.lossBudget,
    ...(options.resources !== undefined && {
      resources: keyValues('--resources', '=', options.resources),
    }),
    ...(options.threads !== undefined && { threads: options.threads }),
    ...(options.name !== undefined && { name: options.name }),
    scheduler: options.scheduler !== false,
    log: isText ? noticeLog({ verbose: true }) : verbose ? 'debug' : 'info',
  })
}

function queuesOf({ config }: OpenedProject, options: ServeOptions): readonly string[] {
  return options.queues ?? config.pipewright.worker.queues
}

/** Waits for the first interrupt, then until the worker has drained. */
export async function drained(
  worker: Worker,
  interrupt: Interrupt,
  grace: number | undefined,
): Promise<void> {
  interrupt.onFirst(() => {
    printNotice('draining: running nodes may end, none is begun (again leaves at once)')
    // Its end is what `stopped` tells.
    void worker.stop(grace === undefined ? {} : { grace })
  })
  await worker.stopped
}
