/** A promise that is settled from outside. */
export interface Deferred {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** A promise and the functions that settle it. A rejection that nobody awaits does not end the process. */
export function deferred(): Deferred {
  let resolve = nothing
  let reject: (error: unknown) => void = nothing
  const promise = new Promise<void>((onDone, onFailed) => {
    resolve = onDone
    reject = onFailed
  })
  promise.catch(nothing)
  return { promise, resolve, reject }
}

function nothing(): void {}
