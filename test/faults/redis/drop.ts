import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** True when this user may have packets dropped: root, on Linux, with iptables. */
export async function canDrop(): Promise<boolean> {
  try {
    // A port that nobody listens on.
    const restore = await dropPackets(9)
    await restore()
    return true
  } catch {
    return false
  }
}

/** Drops every packet to a port of this machine. Returns what ends it; safe to call twice. */
export async function dropPackets(port: number): Promise<() => Promise<void>> {
  const rule = ['INPUT', '-i', 'lo', '-p', 'tcp', '--dport', String(port), '-j', 'DROP']
  await run('iptables', ['-w', '5', '-A', ...rule])
  let dropping = true
  return async () => {
    if (!dropping) return
    dropping = false
    await run('iptables', ['-w', '5', '-D', ...rule])
  }
}
