import { spawn, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'
import { delimiter, dirname, isAbsolute } from 'node:path'

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
const endWithParent = `
import sys
if sys.platform == 'linux':
    import ctypes, signal
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
`
/** As `mlflow models serve` does it, without the command around it: that would be a second process, as large as the server. */
const serveHere = `${endWithParent}
import os, uvicorn
from mlflow.pyfunc import scoring_server
folder, host, port, timeout, workers = sys.argv[1:]
_, env = scoring_server.get_cmd(folder, port=int(port), host=host, timeout=int(timeout), nworkers=int(workers))
os.environ.update(env)
uvicorn.run('mlflow.pyfunc.scoring_server.app:app', host=host, port=int(port), workers=int(workers))
`
const serveInEnvironment = `${endWithParent}
from mlflow.cli import cli
cli()
`
const host = '127.0.0.1'
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
    const python = options.python ?? 'python3'
    const child = spawn(python, serveArguments(folder, port, options), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: variables(python),
      // A group of its own, for the server is a child of the command.
      detached: true,
    })
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
  const seconds = String(Math.ceil(timeout / 1000))
  if (envManager === 'local') {
    return ['-c', serveHere, folder, host, String(port), seconds, String(workers)]
  }
  const server = ['--host', host, '--port', String(port), '--workers', String(workers)]
  const environment = ['--env-manager', envManager, '--timeout', seconds]
  const serve = ['models', 'serve', '--model-uri', folder]
  return ['-c', serveInEnvironment, ...serve, ...server, ...environment]
}

/** Bytecode is kept even where the machine turns that off: without it each start takes three times as long. */
function variables(python: string): NodeJS.ProcessEnv {
  const { PYTHONDONTWRITEBYTECODE: _, PATH = '', ...rest } = process.env
  return {
    // A model of Pipewright's behind MLflow's server needs Node, and there is one.
    PIPEWRIGHT_NODE: process.execPath,
    ...rest,
    // MLflow calls programs of its own environment by name.
    PATH: isAbsolute(python) ? `${dirname(python)}${delimiter}${PATH}` : PATH,
  }
}

async function answersPing(port: number): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(2000)
    const response = await fetch(`http://${host}:${port}/ping`, { signal })
    return response.ok
  } catch {
    return false
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, host, () => {
      const address = server.address()
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port)
        else reject(new Error('There is no free port.'))
      })
    })
  })
}
