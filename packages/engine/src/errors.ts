/**
 * Every error that Pipewright throws on purpose. `code` is stable and has a page in `docs/errors/<CODE>.md`;
 * the message says what happened and where, `hint` says what to do.
 */

const brand: unique symbol = Symbol.for('pipewright.error')

/** Options shared by all error classes. */
export interface ErrorDetails {
  /** What the reader can do about it, one or two sentences. */
  readonly hint?: string
  /** The error underneath, if any. */
  readonly cause?: unknown
}

/** The base class: catch it to handle everything that Pipewright throws on purpose. */
export class PipewrightError extends Error {
  /** Stable identifier, also the name of the docs page. */
  readonly code: string
  /** What to do about it. */
  readonly hint: string | undefined

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'PipewrightError'
    this.code = code
    this.hint = details.hint
    Object.defineProperty(this, brand, { value: true })
  }

  /** `instanceof` by brand, so that two copies of the package in one process still agree. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object' || value === null || !(brand in value)) return false
    if (this === PipewrightError) return true
    let prototype: unknown = Object.getPrototypeOf(value)
    while (typeof prototype === 'object' && prototype !== null) {
      if (prototype === this.prototype) return true
      const { constructor } = prototype
      if (typeof constructor === 'function' && constructor.name === this.name) return true
      prototype = Object.getPrototypeOf(prototype)
    }
    return false
  }
}

/** A pipeline, node or dataset is defined wrongly. Thrown while defining or compiling; nothing has run. */
export class PipelineError extends PipewrightError {
  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(code, message, details)
    this.name = 'PipelineError'
  }
}

/** A position in a configuration file; lines and columns count from 1. */
export interface ConfigPosition {
  readonly file: string
  readonly line?: number
  readonly column?: number
}

/** A configuration file or setting is wrong. The command line exits with 3. */
export class ConfigError extends PipewrightError {
  readonly position: ConfigPosition | undefined

  constructor(
    code: string,
    message: string,
    details: ErrorDetails & { readonly position?: ConfigPosition } = {},
  ) {
    super(code, message, details)
    this.name = 'ConfigError'
    this.position = details.position
  }
}

/** The caller passed something that cannot be used: an unknown pipeline, param or option. The command line exits with 2. */
export class UsageError extends PipewrightError {
  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(code, message, details)
    this.name = 'UsageError'
  }
}

/** A dataset could not be loaded, saved or validated. */
export class DatasetError extends PipewrightError {
  /** Name of the dataset. */
  readonly dataset: string

  constructor(code: string, message: string, details: ErrorDetails & { readonly dataset: string }) {
    super(code, message, details)
    this.name = 'DatasetError'
    this.dataset = details.dataset
  }
}

/** Redis, the store or another service did not do its part. Safe to try again. The command line exits with 4. */
export class InfrastructureError extends PipewrightError {
  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(code, message, details)
    this.name = 'InfrastructureError'
  }
}

/** A node's attempt failed. `retryable` tells whether the node's remaining retries apply. */
export class NodeError extends PipewrightError {
  readonly retryable: boolean

  constructor(
    code: string,
    message: string,
    details: ErrorDetails & { readonly retryable?: boolean } = {},
  ) {
    super(code, message, details)
    this.name = 'NodeError'
    this.retryable = details.retryable ?? true
  }
}

/**
 * Throw it from a node to end the node run at once: the remaining retries are not used.
 *
 * @example
 * if (days.length === 0) throw new FatalNodeError('no rows: another try cannot help')
 */
export class FatalNodeError extends NodeError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('FATAL_NODE_ERROR', message, { ...details, retryable: false })
    this.name = 'FatalNodeError'
  }
}

/** A node ran longer than its `timeout`. It counts as a failed attempt, so `retries` apply. */
export class NodeTimeoutError extends NodeError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('NODE_TIMEOUT', message, details)
    this.name = 'NodeTimeoutError'
  }
}
