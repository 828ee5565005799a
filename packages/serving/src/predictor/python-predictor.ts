import { Agent, request as httpRequest } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

import { UsageError } from '@pipewright/engine'

import type { ModelFolder } from '../model-folder.ts'
import {
  errorAnswer,
  timeoutAnswer,
  type Outcome,
  type ScoringAnswer,
  type ScoringRequest,
} from '../protocol/scoring-answer.ts'
import { modelLost } from '../protocol/scoring-error.ts'
import type { OnProblem, Predictor } from './predictor.ts'
import { PythonServer, type PythonOptions } from './python-server.ts'

export type { PythonOptions } from './python-server.ts'

interface Options {
  readonly python: PythonOptions
  readonly timeout: number
  readonly onProblem: OnProblem
}

/** Pause before a server is started in place of one that ended, in ms. */
const restartPause = 1000

/**
 * Runs a model behind MLflow's own scoring server: requests and answers pass as they are.
 *
 * @throws UsageError `PYTHON_MISSING`; InfrastructureError `PYTHON_SERVER_FAILED`
 */
export async function openPythonPredictor(
  { path }: ModelFolder,
  options: Options,
): Promise<Predictor> {
  if (options.python.python === undefined) {
    throw new UsageError(
      'PYTHON_MISSING',
      `The model in ${path} needs Python, and none is named.`,
      {
        hint: 'Name a Python that has mlflow and what the model requires: --python, or PIPEWRIGHT_PYTHON.',
      },
    )
  }
  return new PythonPredictor(path, options, await startServer(path, options))
}

function startServer(
  folder: string,
  { python, timeout, onProblem }: Options,
): Promise<PythonServer> {
  return PythonServer.start(folder, { ...python, timeout, onProblem })
}

class PythonPredictor implements Predictor {
  readonly #folder: string
  readonly #options: Options
  readonly #agent = new Agent({ keepAlive: true })
  #server: PythonServer | undefined
  #closed = false

  constructor(folder: string, options: Options, server: PythonServer) {
    this.#folder = folder
    this.#options = options
    this.#watch(server)
  }

  get healthy(): boolean {
    return this.#server !== undefined
  }

  score(request: ScoringRequest): Promise<ScoringAnswer> {
    const server = this.#server
    if (server === undefined)
      return Promise.resolve(errorAnswer(modelLost('is being started again')))
    return forward(request, server.port, this.#agent, this.#options.timeout)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#server?.stop()
    this.#agent.destroy()
  }

  #watch(server: PythonServer): void {
    this.#server = server
    void this.#afterEnd(server)
  }

  async #afterEnd(server: PythonServer): Promise<void> {
    const reason = await server.ended
    this.#server = undefined
    if (this.#closed) return
    this.#options.onProblem(`MLflow's scoring server ${reason}; it is started again`)
    await this.#restart()
  }

  async #restart(): Promise<void> {
    while (!this.#closed) {
      await pause(restartPause)
      try {
        const server = await startServer(this.#folder, this.#options)
        if (this.#closed) await server.stop()
        else this.#watch(server)
        return
      } catch (error) {
        this.#options.onProblem(error instanceof Error ? error.message : String(error))
      }
    }
  }
}

function forward(
  { contentType, body }: ScoringRequest,
  port: number,
  agent: Agent,
  timeout: number,
): Promise<ScoringAnswer> {
  return new Promise((resolve) => {
    // The server has a limit of its own; ours is for one that is stuck.
    const signal = AbortSignal.timeout(timeout + 1000)
    const fail = (error: Error): void => {
      const problem = error.message
      resolve(signal.aborted ? timeoutAnswer() : errorAnswer(modelLost('was lost'), problem))
    }
    const outgoing = httpRequest(
      {
        host: '127.0.0.1',
        port,
        agent,
        signal,
        method: 'POST',
        path: '/invocations',
        headers: { 'content-type': contentType, 'content-length': body.byteLength },
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', fail)
        incoming.on('end', () => {
          const answer = Buffer.concat(chunks)
          const status = incoming.statusCode ?? 502
          resolve({
            status,
            contentType: incoming.headers['content-type'] ?? 'application/json',
            body: answer,
            outcome: outcomeOf(status, answer),
          })
        })
      },
    )
    outgoing.on('error', fail)
    outgoing.end(body)
  })
}

/** MLflow answers 400 to bad input and to a model that throws: only its words tell them apart. */
function outcomeOf(status: number, body: Buffer): Outcome {
  if (status < 400) return 'ok'
  if (status >= 500) return 'failed'
  return body.includes('unexpected error while evaluating the model') ? 'failed' : 'refused'
}
