/** Codes of MLflow's scoring server, with the status of their answers. */
const statuses = {
  BAD_REQUEST: 400,
  INVALID_PARAMETER_VALUE: 400,
  INTERNAL_ERROR: 500,
  TEMPORARILY_UNAVAILABLE: 503,
} as const

type ErrorCode = keyof typeof statuses

/** What MLflow calls the group of an error, beside its code. */
type ErrorClass = 'INVALID_PARAMETER_VALUE' | 'SCHEMA_ENFORCEMENT_FAILED' | 'CLIENT_INTERNAL_ERROR'

/** Whose fault it is: `refused` an input that no repetition makes valid, `failed` the model, `rejected` a full server. */
export type Blame = 'refused' | 'failed' | 'rejected'

/** Why a request got no predictions, as MLflow's protocol tells it. */
export class ScoringError extends Error {
  readonly errorCode: ErrorCode
  readonly errorClass: ErrorClass
  readonly blame: Blame
  /** What the model itself threw. */
  readonly trace: string | undefined

  constructor(
    message: string,
    details: {
      readonly errorCode: ErrorCode
      readonly errorClass: ErrorClass
      readonly blame: Blame
      readonly trace?: string
    },
  ) {
    super(message)
    this.name = 'ScoringError'
    this.errorCode = details.errorCode
    this.errorClass = details.errorClass
    this.blame = details.blame
    this.trace = details.trace
  }

  get status(): number {
    return statuses[this.errorCode]
  }

  /** The body of the answer. */
  toJson(): string {
    return JSON.stringify({
      error_code: this.errorCode,
      message: this.message,
      sqlstate: sqlState(this.errorClass),
      error_class: this.errorClass,
      ...(this.trace !== undefined && { stack_trace: this.trace }),
    })
  }
}

function sqlState(errorClass: ErrorClass): string {
  if (errorClass === 'SCHEMA_ENFORCEMENT_FAILED') return 'KAM01'
  return errorClass === 'CLIENT_INTERNAL_ERROR' ? 'XXM00' : 'KAM00'
}

/** The body cannot be read as any input at all. */
export function badRequest(message: string): ScoringError {
  return new ScoringError(message, {
    errorCode: 'BAD_REQUEST',
    errorClass: 'INVALID_PARAMETER_VALUE',
    blame: 'refused',
  })
}

/** The input is read, and is not what the model's signature or contract allows. */
export function contractViolated(message: string): ScoringError {
  return new ScoringError(message, {
    errorCode: 'INVALID_PARAMETER_VALUE',
    errorClass: 'SCHEMA_ENFORCEMENT_FAILED',
    blame: 'refused',
  })
}

/** The model threw. MLflow answers 400 to this too, so the status does not tell whose fault it was: `blame` does. */
export function modelFailed(error: unknown): ScoringError {
  return new ScoringError(
    'The model failed on this input. Check that it is what the model was made for.',
    {
      errorCode: 'BAD_REQUEST',
      errorClass: 'INVALID_PARAMETER_VALUE',
      blame: 'failed',
      trace: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    },
  )
}

/** What runs the model ended with the request in it. */
export function modelLost(reason: string): ScoringError {
  return new ScoringError(`The model ${reason} while it answered this request.`, {
    errorCode: 'INTERNAL_ERROR',
    errorClass: 'CLIENT_INTERNAL_ERROR',
    blame: 'failed',
  })
}

/** More requests wait than the server is allowed to hold. */
export function serverFull(waiting: number): ScoringError {
  return new ScoringError(`${waiting} requests wait already. Try again later.`, {
    errorCode: 'TEMPORARILY_UNAVAILABLE',
    errorClass: 'CLIENT_INTERNAL_ERROR',
    blame: 'rejected',
  })
}
