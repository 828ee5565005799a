import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { InfrastructureError } from '@pipewright/engine'
import { frame, FrameReader, type LogLevel, type Metric } from '@pipewright/engine/isolate'

import {
  FromPython,
  type FunctionDescription,
  type FunctionPlace,
  type MadeOutput,
  type PythonCall,
  type ToPython,
} from './messages.ts'
import { OutputLines } from './output-lines.ts'
import { endError, memoryKills, type OwnEnd } from './process-end.ts'
import { pythonError } from './python-error.ts'

/** Where a call reports while it runs. */
export interface CallObserver {
  onLog(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void
  onMetric(key: string, value: Metric[1], step: number): void
}

/** How a process is started. */
export interface PythonProcessOptions {
  /** The interpreter. */
  readonly python: string
  /** Working directory. */
  readonly cwd: string
  /** Where its modules come from. No process is shared between folders: two may have modules of one name. */
  readonly folder: string
  /** Bytes that one call may print. Default 256 MiB. */
  readonly longestOutput?: number
}

/** Descriptors of the pipes, in the child. */
const pipes = { requests: 3, replies: 4, life: 5 } as const
const entry = fileURLToPath(new URL('../../python/pipewright_main.py', import.meta.url))
/** An interpreter that has said nothing for so long hangs at its start, in ms. */
const longestStart = 120_000
/** What was printed before a reply may arrive so long after it, in ms; then nobody waits for it. */
const longestPrint = 250
/** What a process said last may be read so long after its end, in ms. */
const lastWords = 500
const keptLines = 60

/** What the process is doing for us. */
interface Pending {
  readonly id: number
  readonly place: FunctionPlace
  readonly during: string
  readonly observer: CallObserver
  /** Resolves when everything that was printed has been handed over. */
  readonly printed: Promise<unknown>
  resolve(message: Extract<FromPython, { type: 'loaded' | 'result' }>): void
  reject(error: Error): void
}

/**
 * A Python interpreter that runs one call after the other. It is the head of a process group of its own, and has a guard
 * that ends the group when this process or thread is gone, whatever way it went.
 */
export class PythonProcess {
  /** A temporary folder for the files of its calls. It goes with the process. */
  readonly folder: string = mkdtempSync(join(tmpdir(), 'pipewright-python-'))
  /** Resolves with Python's version once the process can be used. */
  readonly ready: Promise<string>
  readonly #child: ChildProcess
  readonly #longestOutput: number
  readonly #memoryKills = memoryKills()
  readonly #frames = new FrameReader()
  readonly #output = new OutputLines((line) => this.#print('info', line))
  readonly #errors = new OutputLines((line) => this.#print('warn', line))
  readonly #lastLines: string[] = []
  readonly #described = new Map<string, FunctionDescription>()
  #pending: Pending | undefined
  #printedBytes = 0
  #nextId = 0
  #own: OwnEnd | undefined
  #ended = false
  #settleReady: { resolve(version: string): void; reject(error: Error): void } | undefined

  constructor({ python, cwd, longestOutput = 256 * 2 ** 20 }: PythonProcessOptions) {
    this.#longestOutput = longestOutput
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject }
    })
    // Whoever takes the process awaits it; one that fails before that is no rejection that nobody handled.
    this.ready.catch(() => {})
    const timer = setTimeout(() => this.kill('not ready'), longestStart).unref()
    void this.ready.finally(() => clearTimeout(timer)).catch(() => {})
    this.#child = spawn(python, ['-I', '-X', 'utf8', entry, this.folder], {
      cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    })
    this.#listen(python)
  }

  /** False once it has ended, or must not be used again. */
  get usable(): boolean {
    return !this.#ended && this.#own === undefined
  }

  /** Imports a module, unless it has, and describes a function of it. @throws NodeError */
  async load(place: FunctionPlace, observer: CallObserver): Promise<FunctionDescription> {
    const key = JSON.stringify(place)
    const known = this.#described.get(key)
    if (known !== undefined) return known
    const during = `while it imported ${place.module}`
    const reply = await this.#ask({ type: 'load', ...plainPlace(place) }, place, during, observer)
    if (reply.type !== 'loaded') throw new Error('a load was answered by a result')
    this.#described.set(key, reply.description)
    return reply.description
  }

  /** Calls a function. @throws NodeError */
  async call(
    call: PythonCall,
    observer: CallObserver,
  ): Promise<Readonly<Record<string, MadeOutput>>> {
    const during = `while it ran node "${call.context.node}"`
    const reply = await this.#ask({ type: 'call', ...call }, call, during, observer)
    if (reply.type !== 'result') throw new Error('a call was answered by a description')
    return reply.outputs
  }

  /** Tells the function that runs that it should end. */
  cancel(): void {
    if (this.#pending !== undefined) this.#send({ type: 'cancel', id: this.#pending.id })
  }

  /** Ends it with all that it has started. */
  kill(own: OwnEnd): void {
    this.#own ??= own
    this.#killGroup()
  }

  /** Lets an idle process end by itself. */
  close(): void {
    this.#own ??= 'cancelled'
    this.#pipe(pipes.requests)?.end()
  }

  /** Whether the event loop of this thread waits for it. */
  hold(isHeld: boolean): void {
    const sockets = this.#child.stdio.filter((pipe) => pipe instanceof Socket)
    for (const part of [this.#child, ...sockets]) {
      if (isHeld) part.ref()
      else part.unref()
    }
  }

  #ask(
    request: ({ readonly type: 'load' } & FunctionPlace) | ({ readonly type: 'call' } & PythonCall),
    place: FunctionPlace,
    during: string,
    observer: CallObserver,
  ): Promise<Extract<FromPython, { type: 'loaded' | 'result' }>> {
    const id = this.#nextId++
    const mark = randomBytes(16).toString('hex')
    this.#printedBytes = 0
    this.#lastLines.length = 0
    const printed = Promise.all([this.#output.until(mark), this.#errors.until(mark)])
    return new Promise((resolve, reject) => {
      this.#pending = { id, place, during, observer, printed, resolve, reject }
      if (this.#ended)
        return this.#fail(
          new InfrastructureError('PYTHON_NOT_STARTED', 'The Python process has ended.'),
        )
      this.#send({ ...request, id, mark })
    })
  }

  #fail(error: Error): void {
    const pending = this.#pending
    this.#pending = undefined
    pending?.reject(error)
  }

  #listen(python: string): void {
    const child = this.#child
    child.on('error', (error) => {
      if (child.pid !== undefined) return
      this.#ended = true
      this.#removeFolder()
      const failed = notStarted(python, error)
      this.#settleReady?.reject(failed)
      this.#fail(failed)
    })
    const closed = new Promise((resolve) => child.once('close', resolve))
    child.once('exit', (code, signal) => {
      this.#ended = true
      // What the function has started is still there when it was the function that ended the process.
      this.#killGroup()
      // The guard has nothing to do any more.
      this.#pipe(pipes.life)?.end('x')
      void Promise.race([closed, wait(lastWords)]).then(() => this.#onEnd(code, signal))
    })
    child.stdout?.on('data', (chunk: Buffer) => this.#onOutput(this.#output, chunk))
    child.stderr?.on('data', (chunk: Buffer) => this.#onOutput(this.#errors, chunk))
    this.#pipe(pipes.replies)?.on('data', (piece: Buffer) => this.#receive(piece))
    // A failure of a pipe is followed by the exit; it needs no handling of its own.
    for (const pipe of child.stdio) pipe?.on('error', () => {})
  }

  #pipe(descriptor: number): Socket | undefined {
    const pipe = this.#child.stdio[descriptor]
    return pipe instanceof Socket ? pipe : undefined
  }

  #send(message: ToPython): void {
    const pipe = this.#pipe(pipes.requests)
    if (pipe?.writable !== true) return
    for (const part of frame(Buffer.from(JSON.stringify(message)))) pipe.write(part)
  }

  #onOutput(lines: OutputLines, chunk: Buffer): void {
    if (this.#own === 'flooded') return
    this.#printedBytes += chunk.length
    if (this.#printedBytes > this.#longestOutput) return this.kill('flooded')
    lines.push(chunk)
  }

  #print(level: 'info' | 'warn', line: string): void {
    if (level === 'warn' && this.#lastLines.push(line) > keptLines) this.#lastLines.shift()
    this.#pending?.observer.onLog(level, line)
  }

  #receive(piece: Buffer): void {
    if (this.#own !== undefined) return
    try {
      for (const body of this.#frames.push(piece))
        this.#take(FromPython.parse(JSON.parse(body.toString('utf8'))))
    } catch {
      // User code has written on the pipe. Whatever follows cannot be told from it.
      this.kill('babbled')
    }
  }

  #take(message: FromPython): void {
    if (message.type === 'ready') {
      this.#settleReady?.resolve(message.version)
      return
    }
    const pending = this.#pending
    // A thread that the function left behind may still report for an earlier call.
    if (pending === undefined || message.id !== pending.id) return
    if (message.type === 'log') {
      pending.observer.onLog(message.level, message.message, message.fields)
    } else if (message.type === 'metric') {
      pending.observer.onMetric(message.key, message.value, message.step)
    } else {
      void this.#settle(pending, message)
    }
  }

  async #settle(
    pending: Pending,
    message: Extract<FromPython, { type: 'loaded' | 'result' | 'failed' }>,
  ): Promise<void> {
    await Promise.race([pending.printed, wait(longestPrint)])
    if (this.#pending !== pending) return
    this.#pending = undefined
    if (message.type !== 'failed') return pending.resolve(message)
    // What an interpreter without memory, or one that was asked to exit, still holds is not known.
    if (message.error.code === 'PYTHON_OUT_OF_MEMORY' || message.error.name === 'SystemExit') {
      this.kill('cancelled')
    }
    pending.reject(pythonError(message.error, pending.place))
  }

  #onEnd(code: number | null, signal: NodeJS.Signals | null): void {
    this.#output.end()
    this.#errors.end()
    const end = {
      code,
      signal,
      own: this.#own,
      outOfMemory: memoryKills() > this.#memoryKills,
      lastLines: this.#lastLines.join('\n').slice(-3500),
    }
    this.#removeFolder()
    const during = this.#pending?.during ?? 'while it started'
    const error = endError(end, { during, longestOutput: this.#longestOutput })
    this.#settleReady?.reject(error)
    this.#fail(error)
  }

  /** The guard does it too, but a process that hardly began has none. */
  #removeFolder(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #killGroup(): void {
    if (this.#child.pid === undefined) return
    try {
      process.kill(-this.#child.pid, 'SIGKILL')
    } catch {
      // All of the group have ended.
    }
  }
}

function plainPlace({ folder, module, function: name }: FunctionPlace): FunctionPlace {
  return { folder, module, function: name }
}

function notStarted(python: string, cause: Error): InfrastructureError {
  return new InfrastructureError(
    'PYTHON_NOT_STARTED',
    `Python cannot be started as ${python}: ${cause.message}.`,
    { hint: 'Check `python` of the pythonNode, and that its working directory is there.', cause },
  )
}
