import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'

import { ConfigError } from '@pipewright/engine'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')
loopback.addSubnet('::ffff:127.0.0.0', 104, 'ipv6')

/**
 * Refuses to listen without tokens where others than the programs of this machine can call.
 *
 * @throws ConfigError `SERVER_UNPROTECTED`
 */
export async function assertProtected(
  host: string,
  tokens: { readonly size: number },
): Promise<void> {
  if (tokens.size > 0 || (await isLoopback(host))) return
  throw new ConfigError(
    'SERVER_UNPROTECTED',
    `Whoever reaches ${host} could run pipelines: no tokens are configured.`,
    {
      hint: 'Configure server.tokens in pipewright.yml ("pipewright server token" makes one), or listen on 127.0.0.1.',
    },
  )
}

/** True when every address of a name is one of this machine alone. A name without one is left to `listen`, which says so. */
async function isLoopback(host: string): Promise<boolean> {
  const found = await lookup(host, { all: true }).catch(() => [])
  return found.every(({ address }) =>
    loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'),
  )
}
