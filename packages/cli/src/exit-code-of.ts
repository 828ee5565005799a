import {
  ConfigError,
  DatasetError,
  InfrastructureError,
  PipelineError,
  PipewrightError,
  UsageError,
} from '@pipewright/engine'

import { exitCodes, type ExitCode } from './exit-code.ts'

/** Errors of the engine whose class says less than the command line knows: the id was typed by the user. */
const byCode: Readonly<Record<string, ExitCode>> = { RUN_NOT_FOUND: exitCodes.usage }

/** The exit code that tells a script what kind of error it was. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof PipewrightError)) return exitCodes.failed
  const known = byCode[error.code]
  if (known !== undefined) return known
  if (error instanceof UsageError) return exitCodes.usage
  if (error instanceof InfrastructureError) return exitCodes.infrastructure
  if (
    error instanceof ConfigError ||
    error instanceof PipelineError ||
    error instanceof DatasetError
  ) {
    return exitCodes.configuration
  }
  return exitCodes.failed
}
