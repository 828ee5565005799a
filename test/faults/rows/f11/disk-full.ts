import { execFile } from 'node:child_process'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { openFaultProject, type Checked } from '../../project.ts'
import { adminOf, ownRedis } from '../../redis/own-redis.ts'
import { endDuring, type Spell } from '../../redis/spell.ts'
import type { RowContext } from '../../row.ts'

const run = promisify(execFile)

/** What came of full disks. */
export interface FullDisk {
  readonly checked?: Checked
  readonly recoveries: readonly number[]
  readonly notes: readonly string[]
}

/** Fills the disk of a Redis that syncs each write, which ends it, and starts it again when there is room. */
export async function diskFull(context: RowContext): Promise<FullDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'pipewright-full-'))
  context.cleanup(() => rm(folder, { recursive: true, force: true }))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'pipewright', folder])
  } catch (error) {
    return { recoveries: [], notes: [`No disk was filled: ${String(error)}`] }
  }
  context.cleanup(() => run('umount', ['--lazy', folder]))
  const redis = await ownRedis(context, ['--dir', folder, '--appendfsync', 'always'])
  const admin = adminOf(context, redis.url)
  const project = await openFaultProject(context, {
    url: redis.url,
    worker: { lease: 30_000, checkEvery: 1000, concurrency: 4 },
  })
  await Promise.all([project.work(), project.work()])
  const ballast = join(folder, 'ballast')
  const { pid } = redis
  const spell: Spell = {
    name: 'disk full',
    lasts: 5000,
    begin: async () => fill(ballast),
    async end() {
      await rm(ballast)
      if (!lives(pid)) await redis.restart()
      await admin.ping()
    },
  }
  const recovery = await endDuring(context, project, spell, 6)
  return {
    checked: await project.check(),
    recoveries: [recovery],
    notes: [
      `With a full disk Redis ${lives(pid) ? 'refused writes' : 'ended'}; work went on ${recovery} ms after there was room.`,
    ],
  }
}

/** Writes until there is no room. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'w')
  try {
    for (const size of [65_536, 512, 1]) {
      // A part of it may have been written.
      while (await file.write(Buffer.alloc(size)).then(() => true, isFull)) continue
    }
  } finally {
    await file.close()
  }
}

/** False when there is no room. */
function isFull(error: unknown): false {
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false
  throw error
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
