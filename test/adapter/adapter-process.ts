import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import type { CrashPoint } from '@pipewright/engine/internal'

import type { TestLedger } from './test-ledger.ts'

const main = fileURLToPath(new URL('adapter-main.ts', import.meta.url))

/** An adapter in a process of its own, to be killed. */
export interface AdapterProcess {
  readonly pid: number
  /** Sends the signal and waits for the end. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** Resolves with the signal when it has ended by one, with null when it has exited. */
  readonly ended: Promise<NodeJS.Signals | null>
  /** Lines of its log so far. */
  readonly lines: readonly string[]
}

/** The places at which an adapter can be made to crash, in the order of recording. */
export const adapterPoints: readonly CrashPoint[] = [
  'adapter.creating',
  'adapter.created',
  'adapter.recorded',
  'adapter.logging',
  'adapter.ending',
  'adapter.ended',
]

/** How an adapter process is started. */
export interface AdapterProcessOptions {
  /** `adapter.created:2=kill`; see `crash-point.ts`. Default: it does not crash. */
  readonly crashPoints?: string
  /** Milliseconds of its lease. Default 10,000. */
  readonly lease?: number
  /** Folder of the runs' store. Default: there is none. */
  readonly store?: string
}

/** Starts one and waits until it says that it records. */
export async function spawnAdapter(
  { options }: TestLedger,
  { crashPoints = '', lease = 10_000, store }: AdapterProcessOptions = {},
): Promise<AdapterProcess> {
  const child = spawn(process.execPath, ['--conditions=@pipewright/source', main], {
    env: {
      ...process.env,
      REDIS_URL: options.redis,
      MLFLOW_TRACKING_URI: options.tracking.uri,
      MLFLOW_EXPERIMENT_NAME: options.experiment,
      PIPEWRIGHT_PREFIX: options.prefix,
      PIPEWRIGHT_ARTIFACTS: 'table',
      PIPEWRIGHT_CRASH_POINTS: crashPoints,
      PIPEWRIGHT_ADAPTER_LEASE: String(lease),
      ...(store !== undefined && { PIPEWRIGHT_STORE: store }),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  const output = createInterface({ input: child.stdout })
  output.on('line', (line) => lines.push(line))
  await Promise.race([once(output, 'line'), ended(child)])
  if (child.exitCode !== null) throw new Error(`the adapter ended with exit code ${child.exitCode}`)
  return {
    pid: child.pid ?? 0,
    lines,
    ended: ended(child),
    async end(signal) {
      const exit = ended(child)
      child.kill(signal)
      await exit
    },
  }
}

/** True while the process is stopped by SIGSTOP. */
export function isFrozen(pid: number): boolean {
  return /^State:\tT/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
}

async function ended(child: ChildProcess): Promise<NodeJS.Signals | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.signalCode
}
