import type { NodeFailure } from '@pipewright/engine/isolate'

/** The failure of an attempt whose code ended its thread or process. */
export function crashFailure(
  kind: 'thread' | 'process',
  when: string,
  crash: { readonly cause: string; readonly stack?: string | undefined },
): NodeFailure {
  return {
    code: 'ISOLATE_CRASHED',
    message: `The ${kind} ${crash.cause}, ${when}.`.slice(0, 2000),
    hint: 'Throw an error in place of process.exit, await every promise, and give large work to a process with enough memory.',
    ...(crash.stack === undefined ? {} : { stack: crash.stack }),
  }
}
