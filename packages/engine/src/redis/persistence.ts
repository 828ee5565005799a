import type { Redis } from 'ioredis'
import * as z from 'zod'

import * as keys from './keys.ts'

/** What a server says about itself and its append-only file. */
export interface Persistence {
  /** Names this process of the server and its history: a restart and a promotion change it. */
  readonly identity: string
  /** Whether there is an append-only file. */
  readonly hasFile: boolean
  /** `appendfsync`; undefined when the user may not ask. */
  readonly sync: string | undefined
  /** Syncs of the file that were begun and have not ended. */
  readonly pending: number
  /** False after a write or a sync of the file has failed. */
  readonly healthy: boolean
  /** True while the server may put off its syncs for a child process (`no-appendfsync-on-rewrite`). */
  readonly putsOff: boolean
  /** Changes when the server goes on in another file, or when a child has ended for which syncs may be put off. */
  readonly files: string
  /** Milliseconds between two ticks of the server's timer, on which its clock may lie behind. */
  readonly tick: number
}

const Config: z.ZodType<string[]> = z.array(z.string())

/** How long the mark of a barrier is kept, in ms. */
export const markRetention = 60_000

/**
 * Reads it in one round trip.
 *
 * @param prefix With it a mark is written first, so that the current file holds something that is not synced. Default: none.
 */
export async function readPersistence(redis: Redis, prefix?: string): Promise<Persistence> {
  const pipeline = redis.pipeline()
  if (prefix !== undefined) pipeline.set(keys.barrier(prefix), 1, 'PX', markRetention)
  pipeline.info('server').info('replication').info('persistence').config('GET', '*append*')
  const replies = (await pipeline.exec()) ?? []
  const [server, replication, persistence, config] = replies.slice(-4)
  for (const [error] of replies.slice(0, -1)) if (error !== null) throw error
  const info = [server, replication, persistence].map((reply) => String(reply?.[1])).join('\n')
  return describe(info, settingsOf(config))
}

/** Empty when the user may not ask for settings. */
function settingsOf(reply: readonly [Error | null, unknown] | undefined): Map<string, string> {
  const settings = new Map<string, string>()
  if (reply === undefined || reply[0] !== null) return settings
  const flat = Config.parse(reply[1])
  for (let at = 0; at < flat.length; at += 2) settings.set(flat[at] ?? '', flat[at + 1] ?? '')
  return settings
}

/** From the sections `server` and `replication` of INFO. */
export function identityOf(info: string): string {
  return ['run_id', 'role', 'master_replid'].map((name) => fieldOf(info, name)).join(' ')
}

function fieldOf(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? ''
}

function describe(info: string, settings: ReadonlyMap<string, string>): Persistence {
  const field = (name: string): string => fieldOf(info, name)
  const mayPutOff = settings.get('no-appendfsync-on-rewrite') !== 'no'
  const hasChild =
    field('aof_rewrite_in_progress') === '1' || field('rdb_bgsave_in_progress') === '1'
  const sync = settings.get('appendfsync')
  return {
    identity: identityOf(info),
    hasFile: field('aof_enabled') === '1',
    sync,
    pending: Number(field('aof_pending_bio_fsync')),
    healthy: field('aof_last_write_status') === 'ok',
    putsOff: mayPutOff && hasChild,
    files: [
      sync,
      field('aof_rewrites'),
      field('aof_base_size'),
      mayPutOff ? field('rdb_last_save_time') : '',
    ].join(' '),
    tick: 1000 / (Number(field('hz')) || 1),
  }
}
