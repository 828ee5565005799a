import {
  connect,
  type Client,
  type ConnectOptions,
  type RunHandle,
} from '@pipewright/engine/client'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import { durabilityOf } from '../options/durability-option.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { ProjectOptions } from '../options/project-options.ts'
import type { RunOptions } from '../options/run-options.ts'
import { prepareRun, type PreparedRun } from '../project/prepare-run.ts'
import { openRedisService } from '../services/redis-service.ts'
import { print, printJson, printNotice } from '../terminal/output.ts'

/** `pipewright enqueue PIPELINE`: the run's id on standard output, nothing else, so that scripts can take it. */
export async function enqueueRun(
  name: string,
  options: RunOptions & ProjectOptions & OutputOptions,
): Promise<ExitCode> {
  return enqueuePrepared(await prepareRun(name, options), options)
}

/** The same of a run that was found good. */
export async function enqueuePrepared(
  { opened, pipeline, compiled, submission }: PreparedRun,
  options: RunOptions & ProjectOptions & OutputOptions,
): Promise<ExitCode> {
  const redis = await openRedisService(opened, {
    redis: options.redis,
    onProgress: printNotice,
  })
  try {
    const durability = durabilityOf(opened, options.durability)
    const connection = { redis: redis.url, prefix: opened.prefix, ...durability }
    const run = await enqueueOnce(connection, pipeline, submission)
    if (options.json === true)
      printJson({ type: 'run_created', runId: run.id, pipeline: pipeline.name })
    else print(run.id)
    const queues = [...new Set(compiled.plan.nodes.map((node) => node.queue))].join(',')
    const served = queues === 'default' ? '' : ` --queues ${queues}`
    if (process.stderr.isTTY)
      printNotice(`It runs as soon as a worker does: pipewright worker${served}`)
    return exitCodes.succeeded
  } finally {
    await redis.close()
  }
}

async function enqueueOnce(
  where: ConnectOptions,
  ...what: Parameters<Client['enqueue']>
): Promise<RunHandle> {
  const client = await connect(where)
  try {
    return await client.enqueue(...what)
  } finally {
    // One that stays open after an error keeps the process.
    await client.close()
  }
}
