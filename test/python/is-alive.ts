import { readFileSync } from 'node:fs'

/** False for a process that has ended and that nobody has collected yet. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
