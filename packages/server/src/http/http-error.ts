import { PipewrightError } from '@pipewright/engine'

/** Details of an {@link HttpError}. */
export interface HttpErrorDetails {
  /** What to do about it. */
  readonly hint?: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** What is wrong with the request, place by place. */
  readonly issues?: readonly Issue[] | undefined
}

/** One thing that is wrong with a request. */
export interface Issue {
  /** Where: `body.params.epochs`, `query.limit`. */
  readonly at: string
  readonly problem: string
}

/** A request that is refused, with the status that says so. */
export class HttpError extends PipewrightError {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly issues: readonly Issue[] | undefined

  constructor(code: string, status: number, message: string, details: HttpErrorDetails = {}) {
    super(code, message, details.hint === undefined ? {} : { hint: details.hint })
    this.name = 'HttpError'
    this.status = status
    this.headers = details.headers ?? {}
    this.issues = details.issues
  }
}
