import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

import { entryPoint, processOptions } from './entry-point.ts'
import type { Host, HostEvents } from './host.ts'
import type { IsolateSetup } from './isolate.ts'
import { FromIsolate, type ToIsolate } from './messages.ts'
import { readLines } from './thread-host.ts'

/** Starts a child process. */
export function launchProcess(setup: IsolateSetup, events: HostEvents): Host {
  return new ProcessHost(setup, events)
}

class ProcessHost implements Host {
  /** One, so that an attempt that must be killed takes no other with it. */
  readonly capacity: number = 1
  readonly kind = 'process'
  readonly #child: ChildProcess
  #outOfMemory = false

  constructor(setup: IsolateSetup, events: HostEvents) {
    const child = fork(entryPoint('process-main'), [JSON.stringify(setup)], {
      execArgv: processOptions(),
      serialization: 'advanced',
      // A group of its own, so that what the body starts ends with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child = child
    child.on('message', (message) => {
      // User code can send anything on this channel, so what is not ours is dropped.
      const batch = FromIsolate.safeParse(message)
      if (batch.success) events.onMessages(batch.data)
    })
    // Also raised when a message cannot be sent, just before the exit is.
    child.on('error', (error) => {
      if (child.pid === undefined) events.onEnd(`could not be started: ${error.message}`)
    })
    child.on('exit', (code, signal) => events.onEnd(this.#describeEnd(code, signal)))
    if (child.stdout !== null) readLines(child.stdout, (line) => events.onOutput('info', line))
    if (child.stderr !== null) {
      readLines(child.stderr, (line) => {
        this.#outOfMemory ||= line.includes('JavaScript heap out of memory')
        events.onOutput('warn', line)
      })
    }
  }

  post(batch: readonly ToIsolate[]): void {
    // A failure to send is followed by the exit; it needs no handling of its own.
    if (this.#child.connected) this.#child.send(batch, () => {})
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

  #killGroup(): boolean {
    if (this.#child.pid === undefined || process.platform === 'win32') return false
    try {
      return process.kill(-this.#child.pid, 'SIGKILL')
    } catch {
      return false
    }
  }

  #describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
    if (this.#outOfMemory) return `ran out of memory (${signal ?? `exit code ${code}`})`
    return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`
  }
}
