import type { RunEvent } from '@pipewright/engine/client'

/** Milliseconds after which a silent stream says that it is alive, so that no proxy takes it for dead. */
const beatEvery = 15_000

/**
 * Events as server-sent events: `id` is the cursor, `event` the type, `data` the event as JSON. A reader that comes back with
 * its last id misses none.
 *
 * @param every Milliseconds between two signs of life.
 */
export async function* eventFrames(
  events: AsyncGenerator<RunEvent, void, undefined>,
  every: number = beatEvery,
): AsyncGenerator<string, void, undefined> {
  // A second until a reader whose connection broke tries again.
  yield 'retry: 1000\n\n'
  try {
    let next = expected(events)
    for (;;) {
      const told = await within(every, next)
      if (told === undefined) {
        yield ':\n\n'
        continue
      }
      if (told.done === true) return
      yield frameOf(told.value)
      next = expected(events)
    }
  } finally {
    await events.return()
  }
}

function expected(
  events: AsyncGenerator<RunEvent, void, undefined>,
): Promise<IteratorResult<RunEvent, void>> {
  const next = events.next()
  // Whoever stops reading meanwhile does not hear of it.
  next.catch(() => undefined)
  return next
}

function frameOf({ cursor, ...event }: RunEvent): string {
  return `id: ${cursor}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}

/** Undefined when it takes longer. */
async function within<Value>(
  milliseconds: number,
  awaited: Promise<Value>,
): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined)
  })
  try {
    return await Promise.race([awaited, late])
  } finally {
    clearTimeout(timer)
  }
}
