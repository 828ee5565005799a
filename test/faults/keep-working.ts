import { once } from 'node:events'

/** Keeps one worker at work: starts another whenever it ends, until `over` is aborted. */
export async function keepWorking<Worker extends { readonly ended: Promise<unknown> }>(
  start: () => Promise<Worker>,
  over: AbortSignal,
  onEnd: (worker: Worker) => Promise<void> | void,
): Promise<void> {
  const stop = once(over, 'abort').then(() => false)
  while (!over.aborted) {
    const worker = await start()
    const ended = await Promise.race([worker.ended.then(() => true), stop])
    if (ended) await onEnd(worker)
  }
}
