import { MlflowError } from './failure.ts'
import type { RecordingContext } from './recording.ts'

/**
 * Uploads a JSON document beside a run. A server that takes none keeps nothing else from being recorded: the log says so, and
 * the run has a tag.
 */
export async function uploadJson(
  { tracking, log }: Pick<RecordingContext, 'tracking' | 'log'>,
  run: string,
  path: string,
  value: unknown,
): Promise<void> {
  const json = new TextEncoder().encode(JSON.stringify(value, undefined, 2))
  try {
    await tracking.putArtifact(run, path, json, 'application/json')
  } catch (error) {
    if (!(error instanceof MlflowError)) throw error
    log.warn({ code: error.code, mlflowRun: run }, `${path} was not uploaded: ${error.message}`)
    await tracking.setTag(run, `pipewright.artifact.${path}`, `not uploaded: ${error.message}`)
  }
}
