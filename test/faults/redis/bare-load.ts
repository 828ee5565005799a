import { setTimeout as wait } from 'node:timers/promises'

import type { BareFleet } from '../bare/fleet.ts'

/** Adds jobs to a fleet of plain BullMQ without end. What is refused does not count. */
export function bareLoad(fleet: BareFleet): { readonly stop: () => Promise<void> } {
  const over = new AbortController()
  const adding = Array.from({ length: 4 }, async () => {
    while (!over.signal.aborted) {
      await fleet.add({ does: 'wait', time: 20 }).catch(() => undefined)
      await wait(50)
    }
  })
  return {
    async stop() {
      over.abort()
      await Promise.all(adding)
    },
  }
}
