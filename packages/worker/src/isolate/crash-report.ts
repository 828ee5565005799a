import { currentAttempt } from './attempt-server.ts'
import type { Outbox } from './outbox.ts'

/**
 * Says whose code ends the isolate, just before it ends: of the attempts that run here, only that one is to blame.
 * After an exception that nobody caught, the state of a thread is unknown, so it ends in any case.
 */
export function reportCrashes(outbox: Outbox): void {
  let reported = false
  const report = (cause: string, stack?: string): void => {
    if (reported) return
    reported = true
    const id = currentAttempt.getStore()
    outbox.push({ type: 'crashing', id, cause, stack })
    outbox.flush()
  }
  process.on('uncaughtException', (error: unknown, origin) => {
    const kind = origin === 'unhandledRejection' ? 'a rejection' : 'an exception'
    report(`ended because of ${kind} that nothing caught: ${describe(error)}`, stackOf(error))
    process.exit(1)
  })
  process.on('exit', (code) => report(`ended itself with exit code ${code}`))
}

function describe(error: unknown): string {
  try {
    return String(error).slice(0, 1000)
  } catch {
    return 'a value that cannot be shown'
  }
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack?.slice(0, 4000) : undefined
}
