import { InfrastructureError, type PipewrightError } from '@pipewright/engine'

import { excerpt } from './page-text.ts'

/** What an answer of MLflow, or its absence, means for the call. */
export interface FailureFacts {
  /** Another try may succeed: the call is repeated until it does. */
  readonly retryable: boolean
  /** MLflow may have done what was asked, so a creation must look before it tries again. */
  readonly ambiguous: boolean
  /** Somebody has to set something right first: nothing else is sent meanwhile. Default false. */
  readonly pauses?: boolean
  /** The call is for something beside the record: an artifact, lineage, a model. Default false. */
  readonly aside?: boolean
  /** HTTP status, undefined when there was no answer. */
  readonly status?: number | undefined
  /** Milliseconds that the server asks to be left alone. */
  readonly retryAfter?: number | undefined
}

/** A call to MLflow failed. */
export class MlflowError extends InfrastructureError {
  readonly retryable: boolean
  readonly ambiguous: boolean
  readonly pauses: boolean
  readonly aside: boolean
  readonly status: number | undefined
  readonly retryAfter: number | undefined

  constructor(
    code: string,
    message: string,
    details: FailureFacts & { readonly hint?: string; readonly cause?: unknown },
  ) {
    super(code, message, details)
    this.name = 'MlflowError'
    this.retryable = details.retryable
    this.ambiguous = details.ambiguous
    this.pauses = details.pauses ?? false
    this.aside = details.aside ?? false
    this.status = details.status
    this.retryAfter = details.retryAfter
  }
}

/** The adapter is stopping or has lost its lease; what it was doing is done again by the next one. */
export class RecordingStopped extends Error {
  constructor() {
    super('The adapter no longer records.')
    this.name = 'RecordingStopped'
  }
}

/** Code and message of anything thrown. */
export function reasonOf(error: unknown): { readonly code: string; readonly message: string } {
  if (isPipewrightError(error)) return { code: error.code, message: error.message }
  return { code: 'RECORDING_FAILED', message: describe(error) }
}

function isPipewrightError(error: unknown): error is PipewrightError {
  return error instanceof InfrastructureError
}

function describe(cause: unknown): string {
  return cause instanceof Error ? excerpt(cause.message) || cause.name : String(cause)
}
