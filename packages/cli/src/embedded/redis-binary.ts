import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

import { runCommand } from '@pipewright/python/environment'

const NAMES = ['valkey-server', 'redis-server']
/** BullMQ recommends 6.2 and the ledger's scripts use commands of it. */
const LOWEST: readonly [major: number, minor: number] = [6, 2]

/** The first Valkey or Redis server on PATH that is 6.2 or newer; older ones are passed over. */
export async function redisOnPath(path: string): Promise<string | undefined> {
  for (const name of NAMES) {
    for (const directory of path.split(delimiter)) {
      const candidate = join(directory, name)
      if (directory !== '' && (await isExecutable(candidate)) && (await isRecent(candidate))) {
        return candidate
      }
    }
  }
  return undefined
}

async function isRecent(binary: string): Promise<boolean> {
  const { output } = await runCommand(binary, ['--version'])
  const [, major, minor] = /\bv=(\d+)\.(\d+)/.exec(output) ?? []
  if (major === undefined || minor === undefined) return false
  return Number(major) > LOWEST[0] || (Number(major) === LOWEST[0] && Number(minor) >= LOWEST[1])
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
