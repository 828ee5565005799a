import type { AttemptEnd } from '../attempt-end.ts'
import type { MlflowRecord } from '../mlflow-record.ts'
import type { RecordingContext, RunRecording } from '../recording.ts'

/** Records the models among the outputs of an attempt. May be repeated. What MLflow refuses becomes a tag and stops nothing else. */
export async function logModels(
  _context: RecordingContext,
  _recording: RunRecording,
  _end: AttemptEnd,
  _record: MlflowRecord,
): Promise<void> {
  // no output is a model yet
}
