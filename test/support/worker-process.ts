import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import type { DurabilityMode } from '@pipewright/engine/client'

/** Halves the time that a worker takes to start. */
const compileCache = fileURLToPath(new URL('../../node_modules/.cache/compile', import.meta.url))

/** Of a longer log the oldest lines are dropped. */
const longestLog = 20_000

const main = fileURLToPath(new URL('../system/fixture/worker-main.ts', import.meta.url))

/** How a worker process is started; times in milliseconds. */
export interface WorkerProcessOptions {
  /** The project: its working directory. */
  readonly root: string
  readonly redis: string
  readonly prefix: string
  readonly name: string
  /** Program of the worker, where it is not this checkout's. */
  readonly program?: string
  readonly queues?: readonly string[]
  readonly concurrency?: number
  readonly threads?: number
  readonly lease?: number
  readonly checkEvery?: number
  readonly lossBudget?: number
  readonly durability?: DurabilityMode
  readonly replicas?: number
  readonly reconcileEvery?: number
  /** Between the abort of a node and the end of its isolate. */
  readonly grace?: number
  /** How long running nodes have after SIGTERM. */
  readonly drain?: number
  /** Options of Node, such as `--import=…`. */
  readonly execArgv?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A worker in a process of its own, to be killed. */
export interface WorkerProcess {
  readonly name: string
  readonly pid: number
  /** Lines of its log so far, the last 10,000 at least. */
  readonly log: readonly string[]
  /** Its end, when it comes. */
  readonly ended: Promise<ProcessEnd>
  signal(signal: NodeJS.Signals): void
  /** Sends SIGKILL and waits for the end. Safe to call twice. */
  kill(): Promise<ProcessEnd>
}

/** Starts one and waits until it claims. */
export async function startWorkerProcess(options: WorkerProcessOptions): Promise<WorkerProcess> {
  const { root, execArgv = [], env, program = main, ...settings } = options
  const child = spawn(
    process.execPath,
    ['--conditions=@pipewright/source', ...execArgv, program, JSON.stringify(settings)],
    {
      cwd: root,
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: compileCache,
        ...env,
        PIPEWRIGHT_TEST_WORKER: options.name,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  )
  const log: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    // Both are pipes, as `stdio` says.
    if (stream === null) continue
    createInterface({ input: stream }).on('line', (line) => {
      if (log.length >= longestLog) log.splice(0, longestLog / 2)
      log.push(line)
    })
  }
  const ended = endOf(child)
  const first = await Promise.race([once(child, 'message'), ended])
  if (!Array.isArray(first)) {
    throw new Error(`worker ${options.name} ended before it was ready:\n${log.join('\n')}`)
  }
  return {
    name: options.name,
    pid: child.pid ?? -1,
    log,
    ended,
    signal: (signal) => void child.kill(signal),
    kill: async () => {
      child.kill('SIGKILL')
      return ended
    },
  }
}

async function endOf(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
}
