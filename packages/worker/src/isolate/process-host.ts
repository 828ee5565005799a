import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { batchFrames, BatchReader } from './batch-frames.ts'
import { entryPoint, processOptions } from './entry-point.ts'
import type { Host, HostEvents } from './host.ts'
import type { IsolateSetup } from './isolate.ts'
import { FromIsolate, type ToIsolate } from './messages.ts'
import { processPipes } from './process-pipes.ts'
import { readLines } from './read-lines.ts'

/** What a process said last may be read so long after its end, in ms. */
const lastWords = 500

/** Starts a child process. */
export function launchProcess(setup: IsolateSetup, events: HostEvents): Host {
  return new ProcessHost(setup, events)
}

/**
 * A child process and two pipes of its own. Not Node's channel: what user code writes on that, and cannot be read, throws in
 * this process where nobody can catch it.
 */
class ProcessHost implements Host {
  /** One, so that an attempt that must be killed takes no other with it. */
  readonly capacity: number = 1
  readonly kind = 'process'
  readonly #child: ChildProcess
  readonly #events: HostEvents
  readonly #frames = new BatchReader()
  #outOfMemory = false
  #babbled = false

  constructor(setup: IsolateSetup, events: HostEvents) {
    this.#events = events
    const program = [fileURLToPath(entryPoint('process-main')), JSON.stringify(setup)]
    const child = spawn(process.execPath, [...processOptions(), ...program], {
      // A group of its own, so that what the body starts ends with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    })
    this.#child = child
    const read = this.#listen()
    child.on('error', (error) => {
      if (child.pid === undefined) events.onEnd(`could not be started: ${error.message}`)
    })
    child.on('exit', (code, signal) => {
      // What the body has started is still there when it was the body that ended the process.
      this.#killGroup()
      void Promise.race([read, wait(lastWords, undefined, { ref: false })]).then(() =>
        events.onEnd(this.#describeEnd(code, signal)),
      )
    })
    if (child.stdout !== null) readLines(child.stdout, (line) => events.onOutput('info', line))
    if (child.stderr !== null) {
      readLines(child.stderr, (line) => {
        this.#outOfMemory ||= line.includes('JavaScript heap out of memory')
        events.onOutput('warn', line)
      })
    }
  }

  post(batch: readonly ToIsolate[]): void {
    const pipe = this.#child.stdio[processPipes.toChild]
    if (!(pipe instanceof Socket) || !pipe.writable) return
    for (const part of batchFrames(batch)) pipe.write(part)
  }

  /** It starts at once the only attempt that it is given. */
  unstarted(): number {
    return 0
  }

  recall(): number {
    return 0
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    if (this.#killGroup() || this.#child.kill('SIGKILL')) await gone
  }

  /** Resolves when the child can say nothing more. */
  async #listen(): Promise<void> {
    const { toChild, fromChild } = processPipes
    const [to, from] = [this.#child.stdio[toChild], this.#child.stdio[fromChild]]
    // A failure to send is followed by the exit; it needs no handling of its own.
    to?.on('error', () => {})
    if (!(from instanceof Socket)) return
    from.on('error', () => {})
    from.on('data', (piece: Buffer) => this.#receive(piece))
    await new Promise<void>((resolve) => {
      from.once('close', () => resolve())
    })
  }

  #receive(piece: Buffer): void {
    if (this.#babbled) return
    try {
      for (const batch of this.#frames.push(piece)) {
        this.#events.onMessages(FromIsolate.parse(batch))
      }
    } catch {
      // User code has written on the pipe. Whatever the attempt says after this cannot be told from it.
      this.#babbled = true
      void this.kill()
    }
  }

  #killGroup(): boolean {
    if (this.#child.pid === undefined || process.platform === 'win32') return false
    try {
      return process.kill(-this.#child.pid, 'SIGKILL')
    } catch {
      return false
    }
  }

  #describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
    if (this.#babbled) return 'was ended, for it wrote on its channel what is no message'
    if (this.#outOfMemory) return `ran out of memory (${signal ?? `exit code ${code}`})`
    return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`
  }
}
