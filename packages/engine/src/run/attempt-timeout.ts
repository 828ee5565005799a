import type { AnyNode } from '../definition/node.ts'
import { NodeTimeoutError } from '../errors.ts'

/**
 * Runs one attempt in this thread under the node's timeout. At the timeout the signal is aborted and the attempt is
 * given up; a function that does not heed its signal goes on by itself, for a thread cannot end its own code.
 *
 * @throws NodeTimeoutError
 */
export async function withTimeout<T>(
  { name, timeout }: AnyNode,
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  if (timeout === undefined) return attempt(controller.signal)
  let timer: NodeJS.Timeout | undefined
  const timedOut = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new NodeTimeoutError(
        `Node "${name}" ran longer than its timeout of ${timeout} ms.`,
        {
          hint: 'Give it a longer timeout, or let it heed its signal and do less.',
        },
      )
      controller.abort(error)
      reject(error)
    }, timeout)
  })
  try {
    return await Promise.race([attempt(controller.signal), timedOut])
  } finally {
    clearTimeout(timer)
  }
}
