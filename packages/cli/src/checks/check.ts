import type { ExitCode } from '../exit-code.ts'

/** What `doctor` found out about one thing. */
export interface Check {
  readonly name: string
  readonly state: 'ok' | 'warn' | 'fail'
  readonly text: string
  /** What to do about it, when it is not `ok`. */
  readonly advice?: string
  /** What `doctor` answers when this one fails. */
  readonly exitCode?: ExitCode
}

/** Fine. */
export function ok(name: string, text: string): Check {
  return { name, state: 'ok', text }
}

/** Works, but not as it should. */
export function warn(name: string, text: string, advice: string): Check {
  return { name, state: 'warn', text, advice }
}

/** Keeps runs from working. */
export function fail(name: string, exitCode: ExitCode, text: string, advice: string): Check {
  return { name, state: 'fail', text, advice, exitCode }
}
