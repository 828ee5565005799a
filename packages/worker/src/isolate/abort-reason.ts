import { NodeError, NodeTimeoutError, PipewrightError } from '@pipewright/engine'

import type { AbortReason } from './messages.ts'

/** What of an error crosses to the isolate. */
export function toAbortReason(error: Error): AbortReason {
  if (!(error instanceof PipewrightError)) return { name: error.name, message: error.message }
  return {
    name: error.name,
    message: error.message,
    code: error.code,
    hint: error.hint,
    ...(error instanceof NodeError ? { retryable: error.retryable } : {}),
  }
}

/** The error that the node's signal carries in the isolate: a timeout is again a `NodeTimeoutError`. */
export function fromAbortReason(reason: AbortReason): Error {
  const { name, message, code, hint, retryable } = reason
  if (code === undefined) return Object.assign(new Error(message), { name })
  const details = {
    ...(hint === undefined ? {} : { hint }),
    ...(retryable === undefined ? {} : { retryable }),
  }
  if (code === 'NODE_TIMEOUT') return new NodeTimeoutError(message, details)
  return new NodeError(code, message, details)
}
