export { startWorkerOn, type Worker, type WorkerOptions } from './worker.ts'
export type { AttemptExecution, AttemptObserver, AttemptRequest, AttemptResult, Isolate, Isolates } from './isolate/isolate.ts'
