import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import type { TestLedger } from './test-ledger.ts'

const main = fileURLToPath(new URL('adapter-main.ts', import.meta.url))

/** An adapter in a process of its own, to be killed. */
export interface AdapterProcess {
  /** Sends the signal and waits for the end. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** Lines of its log so far. */
  readonly lines: readonly string[]
}

/** Starts one and waits until it says that it records. */
export async function spawnAdapter({ options }: TestLedger): Promise<AdapterProcess> {
  const child = spawn(process.execPath, ['--conditions=@pipewright/source', main], {
    env: {
      ...process.env,
      REDIS_URL: options.redis,
      MLFLOW_TRACKING_URI: options.tracking.uri,
      MLFLOW_EXPERIMENT_NAME: options.experiment,
      PIPEWRIGHT_PREFIX: options.prefix,
      PIPEWRIGHT_ARTIFACTS: 'table',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  const output = createInterface({ input: child.stdout })
  output.on('line', (line) => lines.push(line))
  await Promise.race([once(output, 'line'), ended(child)])
  if (child.exitCode !== null) throw new Error(`the adapter ended with exit code ${child.exitCode}`)
  return {
    lines,
    async end(signal) {
      const exit = ended(child)
      child.kill(signal)
      await exit
    },
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}
