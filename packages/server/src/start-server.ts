import { UsageError } from '@pipewright/engine'
import type { Client } from '@pipewright/engine/client'

import { Gate } from './access/gate.ts'
import { assertProtected } from './access/protected-bind.ts'
import { Tokens } from './access/tokens.ts'
import { Streams } from './events/streams.ts'
import { buildApp } from './http/build-app.ts'
import type { ServerLog } from './log.ts'
import { serverSettings, type ServerInput } from './settings.ts'

/** What a server is started with. */
export interface ServerOptions extends ServerInput {
  /** From `connect` of `@pipewright/engine/client`. It stays the caller's to close, after the server. */
  readonly client: Client
  /** Default: nothing is told. */
  readonly log?: ServerLog | undefined
  /** Where tokens with `env` are read. Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
}

/** A server that listens. */
export interface ApiServer {
  /** Such as `http://127.0.0.1:5002`. */
  readonly url: string
  /** Answers what was begun, ends streams of events, and closes. */
  close(): Promise<void>
}

const silent = (): void => undefined

/**
 * Answers HTTP requests to enqueue, watch and steer runs, from when this resolves.
 *
 * @throws ConfigError `INVALID_SERVER_SETTINGS`, and `SERVER_UNPROTECTED` for an address that others reach without tokens;
 * UsageError `PORT_TAKEN`; the system's error for an address that cannot be listened on
 *
 * @example
 * const server = await startServer({ client: await connect(), tokens: { shop: { scopes: ['run'], env: 'SHOP_TOKEN' } } })
 */
export async function startServer(options: ServerOptions): Promise<ApiServer> {
  const { client, log, environment = process.env, ...given } = options
  const settings = serverSettings(given)
  const { host, port, maxBody, maxStreams } = settings
  const tokens = new Tokens(settings.tokens, environment)
  await assertProtected(host, tokens)
  const app = buildApp({
    client,
    log: log ?? { info: silent, warn: silent, error: silent },
    gate: new Gate(settings, tokens),
    streams: new Streams(maxStreams),
    maxBody,
    secured: tokens.size > 0,
  })
  try {
    const url = await app.listen({ host, port })
    return { url, close: () => app.close() }
  } catch (error) {
    await app.close()
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    if (!isTaken) throw error
    throw new UsageError('PORT_TAKEN', `Something listens on port ${port} of ${host} already.`, {
      hint: 'Take another one with --port.',
      cause: error,
    })
  }
}
