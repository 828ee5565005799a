import { kill, pid } from 'node:process'

/**
 * Places at which a test can kill, freeze or fail a process. Off unless the process was started with
 * `PIPEWRIGHT_CRASH_POINTS`, so in production a passage costs one comparison.
 */
export type CrashPoint =
  /** The client is about to send a run to Redis. */
  | 'client.submitting'
  /** Redis has the run; its caller does not know yet. */
  | 'client.submitted'
  /** A worker was given a job and has done nothing with it. */
  | 'worker.claimed'
  /** The body of an attempt is about to start. */
  | 'worker.begun'
  /** The body has ended, its outputs lie in the store; nothing is committed. */
  | 'worker.ended'
  /** The commit is about to be sent. */
  | 'worker.committing'
  /** Redis has taken the commit; nothing was made of its reply. */
  | 'worker.committed'
  /** A dataset is about to be written to its catalog path. */
  | 'worker.publishing'
  /** It was written; the ledger does not know yet. */
  | 'worker.published'
  /** The adapter is about to create an MLflow run. */
  | 'adapter.creating'
  /** MLflow has created it; Redis does not know its id yet. */
  | 'adapter.created'
  /** Redis knows its id. */
  | 'adapter.recorded'
  /** Params, metrics or artifacts are about to be sent. */
  | 'adapter.logging'
  /** The MLflow run is about to be ended. */
  | 'adapter.ending'
  /** It was ended; the event is not acknowledged yet. */
  | 'adapter.ended'

type Action = 'kill' | 'freeze' | 'fail'

interface Armed {
  readonly action: Action
  /** Passages until it acts. */
  left: number
}

const armed = parseCrashPoints(process.env['PIPEWRIGHT_CRASH_POINTS'] ?? '')

/** Marks a place. Does nothing unless this process was told to crash here. */
export function crashPoint(name: CrashPoint): void {
  if (armed !== undefined) pass(armed, name)
}

/** Reads `name=action` or `name:passage=action`, separated by commas. Undefined when there is none. */
export function parseCrashPoints(text: string): Map<string, Armed> | undefined {
  if (text === '') return undefined
  const points = new Map<string, Armed>()
  for (const part of text.split(',')) {
    const match = /^([a-z.]+)(?::(\d+))?=(kill|freeze|fail)$/.exec(part.trim())
    if (match === null) throw new Error(`PIPEWRIGHT_CRASH_POINTS: cannot read "${part}"`)
    const [, name = '', passage = '1', action] = match
    // The pattern allows these three words only.
    points.set(name, { action: action as Action, left: Number(passage) })
  }
  return points
}

function pass(points: Map<string, Armed>, name: CrashPoint): void {
  const point = points.get(name)
  if (point === undefined || point.left === 0) return
  point.left -= 1
  if (point.left > 0) return
  if (point.action === 'fail') throw new Error(`crash point ${name}`)
  kill(pid, point.action === 'kill' ? 'SIGKILL' : 'SIGSTOP')
}
