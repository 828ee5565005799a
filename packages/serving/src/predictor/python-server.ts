import { spawn, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'

import { InfrastructureError } from '@pipewright/engine'

import type { OnProblem } from './predictor.ts'

/** How MLflow's own scoring server is started for models that only Python can run. */
export interface PythonOptions {
  /** A Python that has MLflow. Undefined: such models are refused. */
  readonly python?: string | undefined
  /** Where the model's own requirements are installed: `local` takes that Python as it is. Default `local`. */
  readonly envManager: 'local' | 'virtualenv' | 'uv' | 'conda'
  /** Processes of one model. Default 1. */
  readonly workers: number
  /** How long a start may take, in ms: with an environment of its own that is an install. */
  readonly startTimeout: number
}

/** Ends the child with us, also when we are killed, where the system can do that. */
const launcher = `
import sys
if sys.platform == 'linux':
    import ctypes, signal
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
from mlflow.cli import cli
cli()
`
const longestTail = 4000
const pollEvery = 100
const stopGrace = 5000

/** A scoring server of MLflow, as a child process on a port of its own. */
export class PythonServer {
  readonly port: number
  /** Resolves with a description when the process ends. */
  readonly ended: Promise<string>
  readonly #child: ChildProcess
  #tail = ''
  #end: string | undefined

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
    this.ended = new Promise((resolve) => {
      const end = (reason: string): void => {
        this.#end ??= reason
        resolve(reason)
      }
      child.on('error', (error) => end(`cannot be started: ${error.message}`))
      child.on('exit', (code, signal) => end(`ended with ${signal ?? `exit code ${code}`}`))
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8')
      stream?.on('data', (chunk: string) => {
        this.#tail = (this.#tail + chunk).slice(-longestTail)
      })
    }
  }

  /** Starts the server and waits until it answers. @throws InfrastructureError `PYTHON_SERVER_FAILED` */
  static async start(
    folder: string,
    options: PythonOptions & { readonly timeout: number; readonly onProblem: OnProblem },
  ): Promise<PythonServer> {
    const port = await freePort()
    const child = spawn(
      options.python ?? 'python3',
      ['-c', launcher, ...serveArguments(folder, port, options)],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        // A group of its own, for the server is a child of the command.
        detached: true,
      },
    )
    const server = new PythonServer(child, port)
    try {
      await server.#untilReady(options.startTimeout)
      return server
    } catch (error) {
      await server.stop()
      throw error
    }
  }

  /** Ends it. */
  async stop(): Promise<void> {
    this.#signal('SIGTERM')
    const timer = setTimeout(() => this.#signal('SIGKILL'), stopGrace)
    await this.ended
    clearTimeout(timer)
  }

  async #untilReady(budget: number): Promise<void> {
    const deadline = performance.now() + budget
    while (performance.now() < deadline) {
      if (this.#end !== undefined) throw this.#failure(this.#end)
      if (await answersPing(this.port)) return
      await new Promise((resolve) => setTimeout(resolve, pollEvery))
    }
    throw this.#failure(`did not answer within ${Math.round(budget / 1000)} s`)
  }

  #failure(reason: string): InfrastructureError {
    return new InfrastructureError(
      'PYTHON_SERVER_FAILED',
      `MLflow's scoring server ${reason}. Its last output:\n${this.#tail.trim()}`,
      {
        hint: 'The Python that runs it needs mlflow and what the model requires: name one with --python, or let MLflow make an environment with --env-manager uv.',
      },
    )
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined || this.#child.exitCode !== null) return
    try {
      process.kill(-this.#child.pid, signal)
    } catch {
      // The group has ended already.
    }
  }
}

function serveArguments(
  folder: string,
  port: number,
  { envManager, workers, timeout }: PythonOptions & { readonly timeout: number },
): string[] {
  const server = ['--host', '127.0.0.1', '--port', String(port), '--workers', String(workers)]
  const environment = ['--env-manager', envManager, '--timeout', String(Math.ceil(timeout / 1000))]
  return ['models', 'serve', '--model-uri', folder, ...server, ...environment]
}

async function answersPing(port: number): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(2000)
    const response = await fetch(`http://127.0.0.1:${port}/ping`, { signal })
    return response.ok
  } catch {
    return false
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port)
        else reject(new Error('There is no free port.'))
      })
    })
  })
}
