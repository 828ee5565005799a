import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import type { FaultProject } from '../../project.ts'
import type { RowContext } from '../../row.ts'

const main = fileURLToPath(new URL('client-main.ts', import.meta.url))
/** Halves the time that a client takes to start. */
const compileCache = fileURLToPath(
  new URL('../../../../node_modules/.cache/compile', import.meta.url),
)

/** What a client process told before its end. */
export interface ClientEnd {
  /** True when it was killed at its crash point. */
  readonly killed: boolean
  /** Key and run, as it was told them. */
  readonly told: readonly (readonly [string, string])[]
}

/** Runs a client in a process of its own. `crashPoints` as `PIPEWRIGHT_CRASH_POINTS` has them; empty: it is not killed. */
export async function runClient(
  context: RowContext,
  { url, prefix }: FaultProject,
  keys: readonly string[],
  crashPoints: string,
): Promise<ClientEnd> {
  const settings = JSON.stringify({ redis: url, prefix, keys })
  const child = spawn(process.execPath, ['--conditions=@pipewright/source', main, settings], {
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache, PIPEWRIGHT_CRASH_POINTS: crashPoints },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  context.cleanup(() => child.kill('SIGKILL'))
  const told: (readonly [string, string])[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [key = '', run = ''] = line.split(' ')
    told.push([key, run])
  })
  // Not its exit: what it has said may still be in the pipe.
  await once(child, 'close')
  if (child.exitCode !== 0 && child.signalCode !== 'SIGKILL')
    throw new Error(`a client ended with exit code ${child.exitCode}`)
  return { killed: child.signalCode === 'SIGKILL', told }
}
