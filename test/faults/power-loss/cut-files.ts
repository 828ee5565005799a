import { lstat, readdir, readFile, truncate } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Cuts each file below a folder to what was synced of it, as a loss of power would at worst. Files that were never synced
 * end empty. Names of files are taken as kept: Redis syncs their folder when it changes its manifest.
 *
 * @param log What the shim has written.
 * @returns how many bytes are gone.
 */
export async function cutFiles(folder: string, log: string): Promise<number> {
  const synced = syncedSizes(await readFile(log, 'utf8'))
  let cut = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const { dev, ino, size } = await lstat(path)
    const kept = Math.min(size, synced.get(`${dev}:${ino}`) ?? 0)
    if (kept === size) continue
    await truncate(path, kept)
    cut += size - kept
  }
  return cut
}

function syncedSizes(log: string): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>()
  for (const line of log.split('\n')) {
    const [kind, file = '', text] = line.split(' ')
    const size = Number(text)
    if (kind === 's') sizes.set(file, size)
    // Of a file that was never synced nothing becomes safe by a cut.
    if (kind === 't') sizes.set(file, Math.min(size, sizes.get(file) ?? 0))
  }
  return sizes
}
