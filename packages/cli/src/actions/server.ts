import { connect } from '@pipewright/engine/client'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import { durabilityOf } from '../options/durability-option.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { ProjectOptions } from '../options/project-options.ts'
import { openRedisService } from '../services/redis-service.ts'
import { openConfigAnywhere } from '../services/with-client.ts'
import { Interrupt } from '../terminal/interrupt.ts'
import { print, printNotice } from '../terminal/output.ts'
import { serviceLog } from '../terminal/service-log.ts'

type Options = ProjectOptions &
  OutputOptions & {
    readonly host?: string
    readonly port?: number
    readonly allowHost?: readonly string[]
  }

/** `pipewright server`: answers requests until SIGINT or SIGTERM, then what was begun. */
export async function serveApi(options: Options): Promise<ExitCode> {
  const opened = await openConfigAnywhere(options)
  const { startServer } = await import('@pipewright/server')
  const interrupt = new Interrupt()
  const { signal } = interrupt
  const interrupted = new Promise<void>((resolve) => {
    interrupt.onFirst(resolve)
  })
  const redis = await openRedisService(opened, {
    redis: options.redis,
    onProgress: printNotice,
    signal,
  })
  try {
    const { prefix, config } = opened
    const client = await connect({ redis: redis.url, prefix, ...durabilityOf(opened) })
    try {
      const { server } = config.pipewright
      const hosts = [...server.hosts, ...(options.allowHost ?? [])]
      const { host = server.host, port = server.port } = options
      const log = serviceLog(options)
      const started = await startServer({ ...server, host, port, hosts, client, log })
      printNotice(
        `answers for ${redis.description} at ${started.url}; see ${started.url}/openapi.json`,
      )
      await interrupted
      printNotice('answers what was begun, then ends (again leaves at once)')
      await started.close()
      return exitCodes.succeeded
    } finally {
      await client.close()
    }
  } finally {
    await redis.close()
    interrupt.dispose()
  }
}

/** `pipewright server token`: the token on standard output, nothing else; what to configure on standard error. */
export async function printToken(): Promise<ExitCode> {
  const { makeToken } = await import('@pipewright/server')
  const { token, sha256 } = makeToken()
  print(token)
  printNotice(`It is shown this once. In conf/base/pipewright.yml, under a name of your choice:

server:
  tokens:
    NAME: { scopes: [read, run], sha256: ${sha256} }`)
  return exitCodes.succeeded
}
