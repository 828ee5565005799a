import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits.
 *
 * @throws the signal's own reason when it aborts, in place of Node's AbortError.
 */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}
