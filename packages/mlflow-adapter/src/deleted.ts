import { adopt, type Adopted } from './adoption.ts'
import { AttemptIndex } from './attempt-index.ts'
import { eachOf } from './each-of.ts'
import { MlflowError } from './failure.ts'
import type { RecordingContext } from './recording.ts'

/** What MLflow holds of a run, and the attempts whose records someone has deleted there. */
export interface Found extends Adopted {
  /** Their keys: they are not recorded again. */
  readonly deleted: readonly string[]
}

/**
 * What MLflow holds of a run. Records that this or an earlier process made and that are not found are asked for one by one:
 * someone has deleted them, or they were deleted with their experiment and are back with it, or the server has another
 * database, in which case they are made anew.
 *
 * @throws MlflowError `MLFLOW_RUN_DELETED` when the run's parent was deleted
 *
 * @param isNew Nobody was told of the run before, so MLflow is not asked.
 */
export async function findRun(
  context: RecordingContext,
  run: string,
  isNew: boolean,
): Promise<Found> {
  const remembered = await context.recorded.all(run)
  if (isNew && Object.keys(remembered).length === 0)
    return { parent: undefined, attempts: new AttemptIndex(), deleted: [] }
  const found = await adopt(context, run)
  const { parent } = remembered
  if (parent === undefined) return { ...found, deleted: [] }
  if (found.parent !== undefined)
    return { ...found, deleted: await deletedAttempts(context, run, remembered, found) }
  const state = await context.tracking.runState(parent)
  if (state === 'deleted') throw deletedRun(parent)
  return { ...(state === 'active' ? await adopt(context, run) : found), deleted: [] }
}

async function deletedAttempts(
  { tracking }: RecordingContext,
  run: string,
  remembered: Readonly<Record<string, string>>,
  { attempts }: Adopted,
): Promise<readonly string[]> {
  const missing = Object.entries(remembered).filter(
    ([field]) => /\/\d+$/.test(field) && attempts.get(`${run}/${field}`) === undefined,
  )
  const deleted: string[] = []
  await eachOf(missing, 4, async ([field, id]) => {
    if ((await tracking.runState(id)) === 'deleted') deleted.push(`${run}/${field}`)
  })
  return deleted
}

function deletedRun(id: string): MlflowError {
  return new MlflowError('MLFLOW_RUN_DELETED', `The run ${id} of MLflow was deleted`, {
    retryable: false,
    ambiguous: false,
    hint: 'Nothing more of it is recorded. Restore it in MLflow before the run ends, and its end completes it.',
  })
}
