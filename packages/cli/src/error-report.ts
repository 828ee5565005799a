import { PipewrightError } from '@pipewright/engine'

import { exitCodeOf } from './exit-code-of.ts'
import type { ExitCode } from './exit-code.ts'
import { printJson, printNotice } from './terminal/output.ts'
import { paint } from './terminal/paint.ts'

/** How much of an error is told. */
export interface ErrorReportOptions {
  /** With stacks and causes. */
  readonly verbose: boolean
  /** Also one JSON object on standard output, `{ "type": "error", "code", "message", "hint" }`. */
  readonly json: boolean
}

/** Tells an error on standard error: what and where, what to do, the page of its code. Returns the exit code. */
export function reportError(error: unknown, options: ErrorReportOptions): ExitCode {
  const exitCode = exitCodeOf(error)
  if (options.json) printJson(errorObject(error, exitCode))
  printNotice(errorText(error))
  if (options.verbose && error instanceof Error) printNotice(stackText(error))
  return exitCode
}

function errorObject(error: unknown, exitCode: ExitCode): object {
  const known = error instanceof PipewrightError ? error : undefined
  return {
    type: 'error',
    code: known?.code ?? 'INTERNAL',
    message: messageOf(error),
    ...(known?.hint === undefined ? {} : { hint: known.hint }),
    exitCode,
  }
}

/** The text of an error as it is shown to people. */
function errorText(error: unknown): string {
  const label = paint('red', 'error', process.stderr)
  if (!(error instanceof PipewrightError)) {
    return `${label}: ${messageOf(error)}\n  This is a fault of Pipewright or of the project's code. --verbose shows where.`
  }
  const lines = [`${label}: ${error.message}`]
  if (error.hint !== undefined) lines.push(`  ${error.hint}`)
  lines.push(paint('dim', `  ${error.code}: docs/errors/${error.code}.md`, process.stderr))
  return lines.join('\n')
}

function stackText(error: Error): string {
  const lines = [error.stack ?? error.message]
  for (let { cause } = error; cause instanceof Error; { cause } = cause) {
    lines.push(`caused by ${cause.stack ?? cause.message}`)
  }
  return lines.join('\n')
}

/** An error's message, or whatever was thrown, as text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
