import { execFile } from 'node:child_process'
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { FaultProject } from '../../project.ts'
import type { RowContext } from '../../row.ts'

const run = promisify(execFile)
/** Bytes of a disk in which one time of it finds room. */
const least = 24 * 2 ** 20
/** Bytes that stay of each time: runs keep their data in the store. */
const each = 4 * 2 ** 20

/** Disks of a project that can be filled up. */
export interface SmallDisks {
  /** What they are. */
  readonly kind: 'tmpfs' | 'made up'
  /** What its workers must be started with. */
  readonly execArgv: readonly string[]
  /** Leaves so many bytes. */
  fill(left: number): Promise<void>
  free(): Promise<void>
}

/**
 * Puts the store and the data of a project on a small disk each; where that is not permitted, their writes are made to fail.
 *
 * @param times How often they will be full.
 */
export async function smallDisks(
  context: RowContext,
  { root }: FaultProject,
  times: number,
): Promise<SmallDisks> {
  const size = least + times * each

  const folders = ['.pipewright', 'data'].map((name) => join(root, name))
  try {
    for (const folder of folders) await mount(context, folder, size)
  } catch {
    const full = join(root, 'full')
    return {
      kind: 'made up',
      execArgv: ['--import', fileURLToPath(new URL('no-space.ts', import.meta.url))],
      fill: async () => writeFile(full, ''),
      free: async () => rm(full, { force: true }),
    }
  }
  const ballast = folders.map((folder) => join(folder, 'ballast'))
  return {
    kind: 'tmpfs',
    execArgv: [],
    async fill(left) {
      for (const file of ballast) {
        const { bavail, bsize } = await statfs(join(file, '..'))
        await writeFile(file, Buffer.alloc(Math.max(0, bavail * bsize - left)))
      }
    },
    async free() {
      for (const file of ballast) await rm(file, { force: true })
    },
  }
}

/** Mounts an empty file system of its own at a folder. @throws Error when that is not permitted */
async function mount(context: RowContext, folder: string, size: number): Promise<void> {
  await mkdir(folder, { recursive: true })
  await run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder])
  context.cleanup(async () => run('umount', ['-l', folder]))
}
