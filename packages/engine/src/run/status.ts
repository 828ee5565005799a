/** Statuses of runs and node runs. `reused` is for node runs only. */
export const statuses = [
  'pending',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'skipped',
  'reused',
] as const

/** The status of a run or a node run. */
export type Status = (typeof statuses)[number]

/** Statuses that never change again. */
export type TerminalStatus = Exclude<Status, 'pending' | 'running'>

/** True when the status never changes again. */
export function isTerminal(status: Status): status is TerminalStatus {
  return status !== 'pending' && status !== 'running'
}
