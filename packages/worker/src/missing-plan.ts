import { InfrastructureError } from '@pipewright/engine'
import type { Ledger } from '@pipewright/engine/internal'

/**
 * Ends a run that could not be read because its plan has vanished from Redis: it can never go on, and would be asked for without
 * end. False when the error is another one, or the plan is there again.
 */
export async function endWithoutPlan(
  run: string,
  error: unknown,
  ledger: Ledger,
): Promise<boolean> {
  if (!(error instanceof InfrastructureError) || error.code !== 'PLAN_MISSING') return false
  return ledger.abandon(run, `${error.code}: ${error.message}`)
}
