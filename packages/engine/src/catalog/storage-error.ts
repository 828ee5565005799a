import { InfrastructureError, PipewrightError } from '../errors.ts'

/** What a storage was asked to do and what came of it. */
export interface StorageTrouble {
  /** Such as `read` or `list`. */
  readonly what: string
  /** Where, without secrets. */
  readonly where: string
  /** Status of the answer; undefined when there was none. */
  readonly status: number | undefined
  readonly cause: unknown
}

/** Answers that mean: not now. */
const passing = new Set([408, 425, 429])

/**
 * The error of a storage that answered no, or not at all: `STORAGE_DENIED` when another try must end the same way, else
 * `STORAGE_FAILED`. An error of our own stays what it is.
 */
export function storageError({ what, where, status, cause }: StorageTrouble): PipewrightError {
  if (cause instanceof PipewrightError) return cause
  const reason = reasonOf(cause)
  if (status !== undefined && status >= 300 && status < 500 && !passing.has(status)) {
    return new InfrastructureError(
      'STORAGE_DENIED',
      `Could not ${what} ${where}: the storage refuses it with ${status}: ${reason}.`,
      { hint: deniedHint(status), cause },
    )
  }
  return new InfrastructureError('STORAGE_FAILED', `Could not ${what} ${where}: ${reason}.`, {
    hint: 'Check that this machine reaches the storage and that it is up. To try again is safe.',
    cause,
  })
}

function deniedHint(status: number): string {
  if (status === 404) return 'Check the name of the bucket or container, its region and endpoint.'
  if (status === 401 || status === 403)
    return 'Check the credentials that the entry names, what they may do (list, too: without it an absent object looks like a forbidden one), and the clock of this machine.'
  return 'Check address, region and endpoint.'
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause).slice(0, 500)
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name
  // An answer to HEAD has no words, and the library of S3 has these for it.
  if (cause.message === 'UnknownError') return 'it does not say why'
  const message = cause.message === '' ? code : cause.message
  const text = message.includes(code) || code === 'Error' ? message : `${code}: ${message}`
  // Several libraries append the whole request and answer.
  const [first = text] = text.split('\n')
  return first.slice(0, 500).replace(/[.\s]+$/, '')
}
