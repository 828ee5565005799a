import { setTimeout as delay } from 'node:timers/promises'

import { InfrastructureError } from '../errors.ts'
import type { Durability } from './durability.ts'

/** Milliseconds that a caller waits to know that a write is durable. */
const confirmLimit = 5000

/** Milliseconds before what another server may have lost is done again. */
const pause = 50

/**
 * Does it, and returns when it is durable. It may be done more than once: when the server has changed since.
 *
 * @param what Subject of the error: `Run 01H…`
 * @throws InfrastructureError `DURABILITY_UNAVAILABLE`, nothing was done; `DURABILITY_UNCONFIRMED`, it was done, and it is not
 * known to be durable
 */
export async function confirmed<Done>(
  durability: Durability,
  what: string,
  act: () => Promise<Done>,
): Promise<Done> {
  if (!durability.isStrict) return act()
  await durability.assertAvailable()
  const end = performance.now() + confirmLimit
  for (;;) {
    const mark = durability.mark()
    const done = await act()
    let isDurable: boolean
    try {
      isDurable = await inTime(durability.reached(mark), end)
    } catch (error) {
      throw unconfirmed(what, error)
    }
    if (isDurable) return done
    if (performance.now() > end)
      throw unconfirmed(what, new Error('the server changes all the time'))
    await delay(pause)
  }
}

async function inTime(reached: Promise<boolean>, end: number): Promise<boolean> {
  const stop = new AbortController()
  const left = Math.max(1, end - performance.now())
  const late = delay(left, undefined, { signal: stop.signal }).then(() => {
    throw new Error('it did not say so in time')
  })
  try {
    return await Promise.race([reached, late])
  } finally {
    stop.abort()
    // Whoever comes second has nobody left to tell.
    late.catch(() => undefined)
    reached.catch(() => undefined)
  }
}

function unconfirmed(what: string, cause: unknown): InfrastructureError {
  const root = cause instanceof InfrastructureError ? (cause.cause ?? cause) : cause
  const reason = root instanceof Error ? root.message : String(root)
  return new InfrastructureError(
    'DURABILITY_UNCONFIRMED',
    `${what} is in Redis, and Redis did not confirm that it is durable: ${reason.replace(/\.$/, '')}.`,
    {
      hint: 'It exists unless Redis loses it. Try again: with the same "key" an enqueue finds the run that is there.',
      cause,
    },
  )
}
