import {
  ConfigError,
  DatasetError,
  InfrastructureError,
  PipelineError,
  PipewrightError,
  UsageError,
} from '@pipewright/engine'

/** What the command line answers to its caller. */
export const exitCodes = {
  succeeded: 0,
  /** The run failed or was cancelled by somebody else; also a fault of Pipewright itself. */
  failed: 1,
  usage: 2,
  configuration: 3,
  infrastructure: 4,
  /** Ctrl-C, as shells count it: 128 + SIGINT. */
  interrupted: 130,
} as const

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

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
