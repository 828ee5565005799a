import type { Operation } from '../operation/operation.ts'
import { compareRuns } from './compare-runs.ts'
import { enqueueRun } from './enqueue-run.ts'
import { explainRun } from './explain-run.ts'
import { followRun } from './follow-run.ts'
import { listRuns } from './list-runs.ts'
import { listPaused, pausePipeline, pauseQueue, resumePipeline, resumeQueue } from './pauses.ts'
import { listPipelines, readPipeline } from './pipelines.ts'
import { cancelRun, readNodes, readRun } from './read-run.ts'
import { resumeRun } from './resume-run.ts'
import {
  backfillSchedule,
  listSchedules,
  pauseSchedule,
  putSchedule,
  readSchedule,
  removeSchedule,
  resumeSchedule,
  triggerSchedule,
} from './schedules.ts'
import { checkHealth, readDocument } from './server.ts'
import { listWorkers } from './workers.ts'

/** Every operation, in the order of the document. */
export const operations: readonly Operation[] = [
  enqueueRun,
  listRuns,
  readRun,
  readNodes,
  followRun,
  explainRun,
  compareRuns,
  cancelRun,
  resumeRun,

  listPipelines,
  readPipeline,
  pausePipeline,
  resumePipeline,
  listPaused,

  listSchedules,
  readSchedule,
  putSchedule,
  removeSchedule,
  pauseSchedule,
  resumeSchedule,
  triggerSchedule,
  backfillSchedule,

  listWorkers,
  pauseQueue,
  resumeQueue,

  checkHealth,
  readDocument,
]
