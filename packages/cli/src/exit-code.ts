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
