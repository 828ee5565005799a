import { ConfigError } from '@pipewright/engine'
import { ServerSchema, type ServerConfig } from '@pipewright/engine/internal'
import * as z from 'zod'

/** Settings of a server, as `server` of `pipewright.yml` has them. All may be left out. */
export type ServerInput = {
  readonly [Key in keyof ServerConfig]?: ServerConfig[Key] | undefined
}

/**
 * Checks settings and fills the defaults in.
 *
 * @throws ConfigError `INVALID_SERVER_SETTINGS`
 */
export function serverSettings(input: ServerInput): ServerConfig {
  const { data, error } = ServerSchema.safeParse(input)
  if (data !== undefined) return data
  throw new ConfigError('INVALID_SERVER_SETTINGS', z.prettifyError(error), {
    hint: 'The guide to the HTTP door lists every setting with its default.',
  })
}
