import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

import { observe, type Observer } from '@pipewright/engine/internal'

import { FromAdapter, type AdapterSetup } from './messages.ts'

/** The shipped adapter in a process of its own, as `pipewright adapter` is one. */
export class AdapterProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #failed: Promise<never>
  readonly #observer: Observer

  private constructor(child: ChildProcess, { redis, prefix }: AdapterSetup) {
    this.#child = child
    this.#exited = once(child, 'exit')
    this.#failed = this.#exited.then(() => {
      throw new Error('The adapter process ended.')
    })
    this.#failed.catch(() => undefined)
    this.#observer = observe({ redis, prefix, group: 'mlflow' })
  }

  /** Starts one. */
  static async start(setup: AdapterSetup): Promise<AdapterProcess> {
    const child = fork(new URL('./adapter-main.ts', import.meta.url), [JSON.stringify(setup)], {
      execArgv: [...process.execArgv],
      // Standard output is the report's alone.
      stdio: ['ignore', 2, 2, 'ipc'],
    })
    const adapter = new AdapterProcess(child, setup)
    await Promise.race([once(child, 'message'), adapter.#failed])
    return adapter
  }

  /** What it has sent and computed so far. */
  async account(): Promise<FromAdapter> {
    this.#child.send('account')
    const [message] = await Promise.race([once(this.#child, 'message'), this.#failed])
    return FromAdapter.parse(message)
  }

  /** Waits until everything that the outbox holds now is recorded; asked of Redis, so that the adapter is left alone. */
  async recorded(): Promise<void> {
    const { outbox } = this.#observer
    const position = await outbox.position()
    while (!(await outbox.reached(position)))
      await Promise.race([new Promise((resolve) => setTimeout(resolve, 10)), this.#failed])
  }

  /** Ends it in good order. */
  async stop(): Promise<void> {
    this.#observer.close()
    if (this.#child.connected) this.#child.disconnect()
    await this.#exited
  }
}
