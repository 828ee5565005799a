import { isMainThread, workerData } from 'node:worker_threads'

/** Between two looks at the parent, in ms. */
const interval = 500

/**
 * A thread that ends its process, and what that has started, when the worker is gone. The process itself learns of it only
 * when its body returns to the event loop, and a body in a loop never does.
 */
if (!isMainThread) {
  const parent = Number(workerData)
  setInterval(() => {
    if (process.ppid === parent) return
    try {
      process.kill(-process.pid, 'SIGKILL')
    } catch {
      process.kill(process.pid, 'SIGKILL')
    }
  }, interval)
}
