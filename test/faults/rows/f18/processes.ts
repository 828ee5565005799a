import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** Groups of processes that have a living member. */
export async function livingGroups(): Promise<ReadonlySet<number>> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pgid=,stat='])
  const groups = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    // What has ended and is not collected yet is no member any more.
    .filter(([, state = '']) => !state.startsWith('Z'))
    .map(([group]) => Number(group))
  return new Set(groups)
}

/** Watches the memory of a process. The result stops it and tells by how much it grew at most, in MiB. */
export async function watchMemory(pid: number): Promise<() => number> {
  const before = await residentOf(pid)
  let most = before
  const look = async (): Promise<void> => {
    most = Math.max(most, await residentOf(pid).catch(() => 0))
  }
  const timer = setInterval(() => void look(), 20)
  return () => {
    clearInterval(timer)
    return most - before
  }
}

async function residentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024
}
