import { pause, isSameProcess } from '@pipewright/python/environment'

const POLL_MS = 20

/**
 * Ends a server and the processes of its group: SIGTERM, and SIGKILL after `graceMs`.
 * Does nothing when the process is gone, or its id belongs to another one by now.
 */
export async function stopProcess(pid: number, identity: string, graceMs: number): Promise<void> {
  if (!(await isSameProcess(pid, identity))) return
  signalGroup(pid, 'SIGTERM')
  if (await isGoneWithin(graceMs, pid, identity)) return
  signalGroup(pid, 'SIGKILL')
  await isGoneWithin(graceMs, pid, identity)
}

async function isGoneWithin(ms: number, pid: number, identity: string): Promise<boolean> {
  const deadline = Date.now() + ms
  while (await isSameProcess(pid, identity)) {
    if (Date.now() > deadline) return false
    await pause(POLL_MS)
  }
  return true
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    // ESRCH: it went by itself between the check and now.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
