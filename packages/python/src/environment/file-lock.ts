import { mkdir, open, readFile, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

import * as z from 'zod'

import { pause } from './pause.ts'
import { isSameProcess, processIdentity } from './process-identity.ts'

const POLL_MS = 50
/** A lock file that is still empty belongs to a process between two system calls, or to one that died there. */
const UNWRITTEN_GRACE_MS = 5_000

const Holder = z.object({ pid: z.int(), identity: z.string() })

/** How to wait for a lock that another process holds. */
export interface FileLockOptions {
  readonly signal?: AbortSignal | undefined
  /** Called once, when the lock is held by someone else. */
  readonly onWait?: (() => void) | undefined
}

/**
 * Runs `action` while no other process of this machine runs one under the same lock file.
 * The lock of a process that died is taken over at once, whatever it was doing: `action` must cope
 * with half-done work.
 *
 * @throws the signal's reason when it aborts during the wait.
 */
export async function withFileLock<T>(
  path: string,
  action: () => Promise<T>,
  options: FileLockOptions = {},
): Promise<T> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await acquire(path, options)
  try {
    return await action()
  } finally {
    await removeIfPresent(path)
  }
}

async function acquire(path: string, options: FileLockOptions): Promise<void> {
  const self = { pid: process.pid, identity: await processIdentity(process.pid) }
  let announced = false
  while (!(await createExclusively(path, JSON.stringify(self)))) {
    options.signal?.throwIfAborted()
    if (await breakIfAbandoned(path)) continue
    if (!announced) options.onWait?.()
    announced = true
    await pause(POLL_MS, options.signal)
  }
}

/** Two processes may find the same abandoned lock; the one that holds the breaker re-reads before it removes. */
async function breakIfAbandoned(path: string): Promise<boolean> {
  if (!(await isAbandoned(path))) return false
  const breaker = `${path}.break`
  if (!(await createExclusively(breaker, ''))) {
    if (await isOlderThan(breaker, UNWRITTEN_GRACE_MS)) await removeIfPresent(breaker)
    return false
  }
  try {
    if (!(await isAbandoned(path))) return false
    await removeIfPresent(path)
    return true
  } finally {
    await removeIfPresent(breaker)
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const text = await readIfPresent(path)
  if (text === undefined) return false
  const holder = parseHolder(text)
  if (holder === undefined) return isOlderThan(path, UNWRITTEN_GRACE_MS)
  return !(await isSameProcess(holder.pid, holder.identity))
}

function parseHolder(text: string): z.infer<typeof Holder> | undefined {
  try {
    return Holder.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

async function createExclusively(path: string, content: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(content)
    } finally {
      await file.close()
    }
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

async function removeIfPresent(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
}

async function isOlderThan(path: string, age: number): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > age
  } catch {
    return false
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
