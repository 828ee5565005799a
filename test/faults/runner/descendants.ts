import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Process ids of everything that this process has started, and that they have started, the deepest first. */
async function descendants(pid: number = process.pid): Promise<readonly number[]> {
  const listing = promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid='])
  const lister = listing.child.pid
  const pairs = (await listing).stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  const below = (parent: number): number[] =>
    pairs.flatMap(([child, its]) =>
      child === undefined || its !== parent || child === lister ? [] : below(child).concat(child),
    )
  return below(pid)
}

/** Ends all of them at once, frozen ones too: what an interrupted row has left. */
export async function endDescendants(): Promise<void> {
  for (const pid of await descendants()) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
}
