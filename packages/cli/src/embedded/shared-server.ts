import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

import { withFileLock, pause, isSameProcess, processIdentity } from '@pipewright/python/environment'

import {
  readServerRecord,
  type ServerRecord,
  type ServerUser,
  writeServerRecord,
} from './server-record.ts'
import { stopProcess } from './stop-process.ts'

const POLL_MS = 25
/** Two servers of one machine may take the same free port at once; the loser ends, and we start it again. */
const STARTS = 3

/** Where a server listens and the password it takes. */
export type ServerAddress = Pick<ServerRecord, 'port' | 'secret'>

/** How one sort of server is started, asked for a sign of life, and ended. */
export interface SharedServerKind {
  /** State file; its lock lies beside it. */
  readonly stateFile: string
  /** How long the server may take until it answers, in ms. */
  readonly startBudgetMs: number
  /** How long it may take to end after SIGTERM, in ms. */
  readonly stopGraceMs: number
  /** Chooses the address of a new server. `previousPort` is where it listened last time. */
  address(previousPort: number | undefined): Promise<ServerAddress>
  /** Starts it in a process group of its own and returns its process id. Not to wait until it answers. */
  launch(address: ServerAddress): Promise<number>
  /** `ready`, or `starting` while it does not answer or still loads its data. */
  probe(address: ServerAddress): Promise<{ readonly state: 'ready' | 'starting'; pid?: number }>
  /** The error to throw when the server ended or outran its budget. */
  failure(reason: 'ended' | 'slow'): Promise<Error>
}

/** One user's hold on a shared server. */
export interface SharedServer {
  readonly address: ServerAddress
  /** `true` when this call started it, `false` when it ran already. */
  readonly started: boolean
  /**
   * Gives it back; the last user's leave stops the server. With `keep` it stays for the next start.
   * Calling it again does nothing.
   */
  leave(options?: { readonly keep?: boolean }): Promise<void>
}

/**
 * Joins the running server of this kind, or starts one. All processes that join share it; the last
 * to leave stops it. When users crash, the server stays, and the next start finds and uses it.
 *
 * @throws what `kind.failure` makes, or the signal's reason; the hold is given back before.
 */
export async function joinServer(
  kind: SharedServerKind,
  signal?: AbortSignal,
): Promise<SharedServer> {
  const user: ServerUser = {
    id: randomUUID(),
    pid: process.pid,
    identity: (await processIdentity(process.pid)) ?? '',
  }
  let left = false
  const leave = async (options: { readonly keep?: boolean } = {}): Promise<void> => {
    if (left) return
    left = true
    await leaveServer(kind, user, options.keep ?? false)
  }
  try {
    for (let start = 1; ; start++) {
      const { record, started } = await locked(kind, () => joinOrLaunch(kind, user), signal)
      const outcome = await untilReady(kind, record, signal)
      if (outcome === 'ready') return { address: record, started, leave }
      if (outcome === 'slow' || start === STARTS) throw await kind.failure(outcome)
    }
  } catch (error) {
    await leave()
    throw error
  }
}

/** Ends the server of this kind whoever uses it. Returns whether one ran. */
export async function stopServer(kind: SharedServerKind): Promise<boolean> {
  return locked(kind, async () => {
    const record = await readServerRecord(kind.stateFile)
    if (record === undefined || !(await isRunning(record))) return false
    await stopRecorded(kind, record)
    await writeServerRecord(kind.stateFile, { ...record, users: [] })
    return true
  })
}

async function joinOrLaunch(
  kind: SharedServerKind,
  user: ServerUser,
): Promise<{ record: ServerRecord; started: boolean }> {
  const found = await readServerRecord(kind.stateFile)
  const others = found === undefined ? [] : await livingUsers(found)
  const users = [...others.filter(({ id }) => id !== user.id), user]
  const running = found === undefined ? undefined : await adopt(kind, found)
  if (running !== undefined) {
    const record = { ...running, users }
    await writeServerRecord(kind.stateFile, record)
    return { record, started: false }
  }
  const address = await kind.address(found?.port)
  // Written before the launch, so that a crash right after it leaves a server that can be found.
  const planned = { ...address, pid: null, identity: null, users }
  await writeServerRecord(kind.stateFile, planned)
  const pid = await kind.launch(address)
  const record = { ...planned, pid, identity: (await processIdentity(pid)) ?? null }
  await writeServerRecord(kind.stateFile, record)
  return { record, started: true }
}

/** The record if its server runs, completed if the process that started it died before it could write the pid. */
async function adopt(
  kind: SharedServerKind,
  record: ServerRecord,
): Promise<ServerRecord | undefined> {
  if (record.pid !== null) return (await isRunning(record)) ? record : undefined
  const { pid } = await kind.probe(record)
  if (pid === undefined) return undefined
  return { ...record, pid, identity: (await processIdentity(pid)) ?? null }
}

async function untilReady(
  kind: SharedServerKind,
  record: ServerRecord,
  signal: AbortSignal | undefined,
): Promise<'ready' | 'ended' | 'slow'> {
  const deadline = Date.now() + kind.startBudgetMs
  while (Date.now() < deadline) {
    signal?.throwIfAborted()
    if ((await kind.probe(record)).state === 'ready') return 'ready'
    if (!(await isRunning(record))) return 'ended'
    await pause(POLL_MS, signal)
  }
  return 'slow'
}

async function leaveServer(kind: SharedServerKind, user: ServerUser, keep: boolean): Promise<void> {
  await locked(kind, async () => {
    const record = await readServerRecord(kind.stateFile)
    if (record === undefined) return
    const users = (await livingUsers(record)).filter(({ id }) => id !== user.id)
    if (users.length === 0 && !keep) await stopRecorded(kind, record)
    await writeServerRecord(kind.stateFile, { ...record, users })
  })
}

async function stopRecorded(kind: SharedServerKind, record: ServerRecord): Promise<void> {
  if (record.pid === null || record.identity === null) return
  await stopProcess(record.pid, record.identity, kind.stopGraceMs)
}

async function isRunning({ pid, identity }: ServerRecord): Promise<boolean> {
  return pid !== null && identity !== null && (await isSameProcess(pid, identity))
}

async function livingUsers({ users }: ServerRecord): Promise<ServerUser[]> {
  const alive = await Promise.all(users.map(({ pid, identity }) => isSameProcess(pid, identity)))
  return users.filter((_, index) => alive[index])
}

async function locked<T>(
  kind: SharedServerKind,
  action: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  await mkdir(dirname(kind.stateFile), { recursive: true, mode: 0o700 })
  return withFileLock(`${kind.stateFile}.lock`, action, { signal })
}
