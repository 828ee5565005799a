import { setTimeout as wait } from 'node:timers/promises'

/** Waits until a question has an answer that is neither undefined nor false. @throws Error when it has none in time */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  limit = 60_000,
): Promise<T> {
  const end = performance.now() + limit
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > end) throw new Error(`${what}: not within ${limit} ms`)
    await wait(20)
  }
}
