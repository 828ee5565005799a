import { readFileSync } from 'node:fs'

import { NodeError } from '@pipewright/engine'

/** Why we ended a process ourselves. */
export type OwnEnd = 'babbled' | 'flooded' | 'cancelled' | 'not ready'

/** How a process ended, as far as anybody can tell. */
export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Undefined when it was not we who ended it. */
  readonly own: OwnEnd | undefined
  /** Whether the system's out-of-memory killer has acted while the process lived. */
  readonly outOfMemory: boolean
  /** What it printed last on its standard error, which is where Python tells of a crash. */
  readonly lastLines: string
}

/** What it did when it ended: completes "Python process …". */
export interface EndedDuring {
  /** Such as `while it ran node "train"`. */
  readonly during: string
  /** Bytes of output after which a process is ended. */
  readonly longestOutput: number
}

/** The error of an attempt whose Python process ended under it. `retries` of the node apply. */
export function endError(end: ProcessEnd, context: EndedDuring): NodeError {
  const error = namedError(end, context)
  // Python's own traceback of a crash, where there is one: ours would show the plumbing.
  if (end.lastLines !== '') error.stack = `${error.message}\n${end.lastLines}`
  return error
}

function namedError(end: ProcessEnd, { during, longestOutput }: EndedDuring): NodeError {
  if (end.own === 'babbled') {
    return new NodeError(
      'PYTHON_PROTOCOL',
      `The Python process was ended, for it wrote on its channel what is no message, ${during}.`,
      { hint: 'Leave the descriptors 3, 4 and 5 alone; print to standard output or error.' },
    )
  }
  if (end.own === 'flooded') {
    return new NodeError(
      'PYTHON_OUTPUT_LIMIT',
      `The Python process was ended, for it printed more than ${longestOutput} bytes, ${during}.`,
      { hint: 'Return large data as outputs of the node, and print less.' },
    )
  }
  if (end.own === 'not ready') {
    return new NodeError('PYTHON_NOT_STARTED', `Python did not answer in time, ${during}.`, {
      hint: 'Look at what the interpreter does at its start: sitecustomize, .pth files, a slow disk.',
    })
  }
  if (end.signal === 'SIGKILL') return killed(end.outOfMemory, during)
  if (end.signal !== null) {
    return new NodeError(
      'PYTHON_CRASHED',
      `The Python process was ended by ${end.signal}, ${during}.`,
      {
        hint: 'Native code has most likely crashed: the log has Python’s traceback of it, if it could print one.',
      },
    )
  }
  return new NodeError(
    'PYTHON_EXITED',
    `The Python process ended with exit code ${end.code}, ${during}.`,
    { hint: 'Raise an exception in place of os._exit, and look into the log for what it said.' },
  )
}

function killed(outOfMemory: boolean, during: string): NodeError {
  if (outOfMemory) {
    return new NodeError(
      'PYTHON_OUT_OF_MEMORY',
      `The Python process was ended by the system's out-of-memory killer, ${during}.`,
      {
        hint: 'Work in smaller parts, or give the node a machine with more memory (`resources`).',
      },
    )
  }
  return new NodeError('PYTHON_KILLED', `The Python process was ended by SIGKILL, ${during}.`, {
    hint: 'Somebody sent it; in a container it may have been the memory limit.',
  })
}

/** How often the out-of-memory killer has acted on this machine; 0 where nobody says. */
export function memoryKills(): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
