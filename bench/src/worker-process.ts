import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

import { FromWorker, type ToWorker, type WorkerSetup } from './messages.ts'

type Reply<Type extends FromWorker['type']> = Extract<FromWorker, { type: Type }>

/** A worker in a process of its own: what it costs is not the bench's, and the bench's work is not its. */
export class WorkerProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#exited = once(child, 'exit')
  }

  /** Starts `queue-main.ts` or `pipewright-main.ts`, and waits until it serves its queue. */
  static async start(
    program: 'queue-main' | 'pipewright-main',
    setup: WorkerSetup,
    nodeOptions: readonly string[],
  ): Promise<WorkerProcess> {
    const child = fork(new URL(`./${program}.ts`, import.meta.url), [JSON.stringify(setup)], {
      execArgv: [...process.execArgv, ...nodeOptions],
      // Standard output is the report's alone.
      stdio: ['ignore', 2, 2, 'ipc'],
    })
    const worker = new WorkerProcess(child)
    await worker.next('ready')
    return worker
  }

  send(message: ToWorker): void {
    this.#child.send(message)
  }

  /** The next message of a type. Rejects when the process ends instead. */
  async next<Type extends FromWorker['type']>(type: Type): Promise<Reply<Type>> {
    return new Promise((resolve, reject) => {
      const settle = (done: () => void): void => {
        this.#child.off('message', onMessage)
        this.#child.off('exit', onExit)
        done()
      }
      const onMessage = (message: unknown): void => {
        const parsed = FromWorker.parse(message)
        // The type was just compared.
        if (parsed.type === type) settle(() => resolve(parsed as Reply<Type>))
      }
      const onExit = (code: number | null): void =>
        settle(() => reject(new Error(`A worker process ended (exit code ${code}).`)))
      this.#child.on('message', onMessage)
      this.#child.on('exit', onExit)
    })
  }

  /** CPU time of the process, its threads included, in microseconds. */
  async cpu(): Promise<number> {
    const reply = this.next('cpu')
    this.send({ type: 'cpu' })
    return (await reply).micros
  }

  /** Ends it. It holds no run any more, so it need not drain. */
  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    await this.#exited
  }
}
