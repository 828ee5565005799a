export { startWorker, type WorkerOptions } from './start-worker.ts'
export { startWorkerOn, type Worker } from './worker.ts'
export type { WorkerOnOptions, WorkerSettings } from './worker-settings.ts'
export type { WorkerLog, WorkerLogLevel } from './log.ts'
export { openIsolates, type IsolatesOptions } from './isolate/isolates.ts'
export type {
  AttemptExecution,
  AttemptObserver,
  AttemptRequest,
  AttemptResult,
  Isolate,
  Isolates,
  IsolateSetup,
} from './isolate/isolate.ts'
