import type { TrackedRun } from '../history.ts'
import { any, ofTracked, remove, type Mutation } from './mutation.ts'

const isChild = ({ tags }: TrackedRun): boolean =>
  tags['mlflow.parentRunId']?.endsWith('-parent') ?? false
const isParent = ({ id }: TrackedRun): boolean => id.endsWith('-parent')

/** Faults of what is recorded in MLflow. */
export const trackingMutations: readonly Mutation[] = [
  ofTracked('MLflow has a node twice', isChild, (run, all) => all.push({ ...run, id: 'copy' })),
  ofTracked('MLflow has a run twice', isParent, (run, all) => all.push({ ...run, id: 'copy' })),
  ofTracked('MLflow has a run of nobody', isChild, (run, all) =>
    all.push({
      ...run,
      id: 'copy',
      tags: { 'pipewright.run': 'nobody', 'pipewright.key': 'nobody' },
    }),
  ),
  ofTracked('MLflow has a node without its parent', isChild, (run) => {
    run.tags['mlflow.parentRunId'] = 'nobody'
  }),
  ofTracked('MLflow has not got a node', isChild, (run, all) => remove(all, run)),
  ofTracked('MLflow has not got a run', isParent, (run, all) => remove(all, run)),
  ofTracked('MLflow has another status of a node', isChild, (run) => {
    run.status = run.status === 'FINISHED' ? 'FAILED' : 'FINISHED'
  }),
  ofTracked('MLflow has another status of a run', isParent, (run) => {
    run.status = run.status === 'FINISHED' ? 'FAILED' : 'FINISHED'
  }),
  ofTracked('MLflow believes that a run still runs', any, (run) => {
    run.status = 'RUNNING'
  }),
  ofTracked('MLflow has another attempt of a node', isChild, (run) => {
    run.tags['pipewright.key'] = `${run.tags['pipewright.key']}9`
  }),
  ofTracked(
    'MLflow has not got a metric',
    ({ metrics }) => 'count' in metrics,
    (run) => {
      run.metrics = {}
    },
  ),
  ofTracked(
    'MLflow has another value of a metric',
    ({ metrics }) => 'count' in metrics,
    (run) => {
      run.metrics['count'] = -1
    },
  ),
]
