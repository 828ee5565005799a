import type { Redis } from 'ioredis'

import type { PrivateRedis } from '../../../support/redis.ts'
import { openLink, type Link } from '../../redis/link.ts'
import { adminOf, ownRedis } from '../../redis/own-redis.ts'
import type { RowContext } from '../../row.ts'
import { until } from '../../until.ts'

interface Server {
  readonly redis: PrivateRedis
  readonly admin: Redis
}

/** A primary and its replica, and an address that leads to the primary. */
export class TwoServers {
  readonly link: Link
  #primary: Server
  #replica: Server

  constructor(link: Link, primary: Server, replica: Server) {
    this.link = link
    this.#primary = primary
    this.#replica = replica
  }

  get url(): string {
    return this.link.url
  }

  get primary(): Server {
    return this.#primary
  }

  /** Makes the replica the primary, and leads new connections there. */
  async promote(): Promise<void> {
    await this.#replica.admin.replicaof('NO', 'ONE')
    this.link.lead(this.#replica.redis.url)
    ;[this.#primary, this.#replica] = [this.#replica, this.#primary]
  }

  /** Makes the other one follow the primary, and waits until it has all of it. */
  async follow(): Promise<void> {
    await this.#replica.admin.replicaof('127.0.0.1', this.#primary.redis.port)
    await until('the replica', async () =>
      /^slave0:.*state=online/m.test(await this.#primary.admin.info('replication')),
    )
  }

  /** The one that was the primary before the last promotion. */
  get former(): Server {
    return this.#replica
  }
}

const replication = ['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1']

/** Starts two servers. */
export async function startTwoServers(context: RowContext): Promise<TwoServers> {
  // Each strict write waits for a sync: for up to a second if they are made each second.
  const settings = [...replication, '--appendfsync', context.short ? 'always' : 'everysec']
  const [first, second] = await Promise.all([
    ownRedis(context, settings),
    ownRedis(context, settings),
  ])
  const link = await openLink(first.url)
  context.cleanup(() => link.close())
  const servers = new TwoServers(
    link,
    { redis: first, admin: adminOf(context, first.url) },
    { redis: second, admin: adminOf(context, second.url) },
  )
  await servers.follow()
  return servers
}
