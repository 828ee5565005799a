import { MlflowError } from './failure.ts'
import type { RecordingContext, RunRecording } from './recording.ts'

/**
 * Tries something that only people look at. What MLflow refuses of it is a warning, and keeps nothing else from being recorded.
 *
 * @returns what `action` says; false when MLflow refused it
 */
export async function attempted(
  { log }: RecordingContext,
  { header }: Pick<RunRecording, 'header'>,
  what: string,
  action: () => Promise<boolean>,
): Promise<boolean> {
  try {
    return await action()
  } catch (error) {
    if (!(error instanceof MlflowError)) throw error
    log.warn({ run: header.id, code: error.code }, `MLflow refused ${what}: ${error.message}`)
    return false
  }
}
