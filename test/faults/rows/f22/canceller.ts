import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import type { FaultProject } from '../../project.ts'
import type { RowContext } from '../../row.ts'

const main = fileURLToPath(new URL('canceller-main.ts', import.meta.url))
/** Halves the time that it takes to start. */
const compileCache = fileURLToPath(
  new URL('../../../../node_modules/.cache/compile', import.meta.url),
)

/** What another process was told when it cancelled a run. */
export interface Cancellation {
  readonly run: string
  readonly reply: string
  /** When the cancel had returned, in milliseconds since 1970. */
  readonly at: number
}

/** A process that cancels runs of others. */
export interface Canceller {
  cancel(run: string): Promise<Cancellation>
}

/** Starts one and waits until it is connected. */
export async function startCanceller(
  context: RowContext,
  { url, prefix }: FaultProject,
): Promise<Canceller> {
  const settings = JSON.stringify({ redis: url, prefix })
  const child = spawn(process.execPath, ['--conditions=@pipewright/source', main, settings], {
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  context.cleanup(() => child.kill('SIGKILL'))
  const asked = new Map<string, (cancellation: Cancellation) => void>()
  const output = createInterface({ input: child.stdout })
  output.on('line', (line) => {
    const [run = '', reply = '', at = ''] = line.split(' ')
    asked.get(run)?.({ run, reply, at: Number(at) })
  })
  await once(output, 'line')
  return {
    cancel: async (run) => {
      const { promise, resolve } = Promise.withResolvers<Cancellation>()
      asked.set(run, resolve)
      child.stdin.write(`${run}\n`)
      return promise
    },
  }
}
