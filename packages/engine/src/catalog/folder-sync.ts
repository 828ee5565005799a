import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

/** Syncs that have begun, by folder: what is renamed from now on is not covered by them. */
const begun = new Map<string, Promise<void>>()
/** Syncs that begin when that one ends, by folder: they cover whoever asks until then. */
const next = new Map<string, Promise<void>>()

/**
 * Makes the entries of a folder durable. Writers that finish at the same time share one sync: at 32 at a time it is
 * otherwise most of what a small write costs.
 */
export async function syncFolder(folder: string): Promise<void> {
  const running = begun.get(folder)
  if (running === undefined) {
    await begin(folder)
    return
  }
  let shared = next.get(folder)
  if (shared === undefined) {
    shared = after(running, folder)
    next.set(folder, shared)
  }
  await shared
}

async function after(running: Promise<void>, folder: string): Promise<void> {
  // Its failure is told to those who wait for it; the next sync may succeed.
  await running.catch(() => undefined)
  next.delete(folder)
  await begin(folder)
}

async function begin(folder: string): Promise<void> {
  const sync = syncNow(folder)
  begun.set(folder, sync)
  try {
    await sync
  } finally {
    if (begun.get(folder) === sync) begun.delete(folder)
  }
}

async function syncNow(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
