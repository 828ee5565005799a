import { availableParallelism } from 'node:os'

import { PythonProcess, type PythonProcessOptions } from '../process/python-process.ts'

/** Processes at most, of all environments together; further calls wait. */
const most = Math.max(4, availableParallelism() * 4)
/** Warm processes that rest for long; others rest for a short time. */
const kept = availableParallelism()
const longRest = 300_000
const shortRest = 30_000

/** A process for one call, and whether it was started for it. */
export interface TakenProcess {
  readonly process: PythonProcess
  readonly isNew: boolean
}

interface Resting {
  readonly key: string
  readonly process: PythonProcess
  readonly timer: NodeJS.Timeout
}

/** Warm Python processes, by interpreter and folder. One for each thread that runs Python nodes. */
export class PythonPool {
  readonly #resting: Resting[] = []
  readonly #waiting: (() => void)[] = []
  #busy = 0

  /**
   * A process of this interpreter that nobody else has. Give it back.
   *
   * @throws the signal's reason when it aborts during the wait
   */
  async take(options: PythonProcessOptions, signal: AbortSignal): Promise<TakenProcess> {
    while (this.#busy >= most) await this.#turn(signal)
    signal.throwIfAborted()
    this.#busy++
    const warm = this.#wake(keyOf(options))
    if (warm !== undefined) {
      warm.hold(true)
      return { process: warm, isNew: false }
    }
    // A place for it among all: the one that has rested longest goes.
    if (this.#busy + this.#resting.length > most) this.#end(this.#resting[0])
    try {
      return { process: new PythonProcess(options), isNew: true }
    } catch (error) {
      this.#release()
      throw error
    }
  }

  /** Takes a process back: it rests, if it can be used again. */
  give(options: PythonProcessOptions, process: PythonProcess): void {
    if (process.usable) {
      process.hold(false)
      const rest = this.#resting.length < kept ? longRest : shortRest
      const resting: Resting = {
        key: keyOf(options),
        process,
        timer: setTimeout(() => this.#end(resting), rest).unref(),
      }
      this.#resting.push(resting)
    }
    this.#release()
  }

  #wake(key: string): PythonProcess | undefined {
    for (;;) {
      // The one that rested last has most of its memory at hand.
      const at = this.#resting.findLastIndex((resting) => resting.key === key)
      const [found] = at < 0 ? [] : this.#resting.splice(at, 1)
      if (found === undefined) return undefined
      clearTimeout(found.timer)
      if (found.process.usable) return found.process
    }
  }

  #end(resting: Resting | undefined): void {
    const at = resting === undefined ? -1 : this.#resting.indexOf(resting)
    if (resting === undefined || at < 0) return
    this.#resting.splice(at, 1)
    clearTimeout(resting.timer)
    resting.process.close()
  }

  #release(): void {
    this.#busy--
    this.#waiting.shift()?.()
  }

  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(wake), 1)
        resolve()
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#waiting.push(wake)
    })
    signal.throwIfAborted()
  }
}

function keyOf({ python, cwd, folder }: PythonProcessOptions): string {
  return JSON.stringify([python, cwd, folder])
}
