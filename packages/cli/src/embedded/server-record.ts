import { readFile, rename, writeFile } from 'node:fs/promises'

import * as z from 'zod'

/** A process that asked for a server and has not closed it yet. */
export interface ServerUser {
  readonly id: string
  readonly pid: number
  readonly identity: string
}

/** What one state file (`.pipewright/redis.json`) says of an embedded server; kept after its end for its port. */
export interface ServerRecord {
  readonly port: number
  /** Password of the server; empty for one that knows none. */
  readonly secret: string
  /** `null` from just before the start until the process id is known. */
  readonly pid: number | null
  readonly identity: string | null
  readonly users: readonly ServerUser[]
}

const ServerUser: z.ZodType<ServerUser> = z.object({
  id: z.string(),
  pid: z.int().positive(),
  identity: z.string(),
})

export const ServerRecord: z.ZodType<ServerRecord> = z.object({
  port: z.int().min(1).max(65_535),
  secret: z.string(),
  pid: z.int().positive().nullable(),
  identity: z.string().nullable(),
  users: z.array(ServerUser),
})

/** The record, or `undefined` when there is none or it cannot be read: then nothing is known to run. */
export async function readServerRecord(path: string): Promise<ServerRecord | undefined> {
  try {
    return ServerRecord.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return undefined
  }
}

/** Replaces the record in one move, readable by its owner only: it holds a password. */
export async function writeServerRecord(path: string, record: ServerRecord): Promise<void> {
  const staged = `${path}.${process.pid}`
  await writeFile(staged, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 })
  await rename(staged, path)
}
