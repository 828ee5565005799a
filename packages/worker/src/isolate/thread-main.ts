import { parentPort, workerData } from 'node:worker_threads'

import type { ToIsolate } from './messages.ts'
import { serveAttempts } from './serve-attempts.ts'
import type { ThreadData } from './thread-host.ts'

if (parentPort === null) throw new Error('This file is the entry of a worker thread.')
const port = parentPort
// Set by `ThreadHost`, the only one that starts this file.
const { setup, next } = workerData as ThreadData

await serveAttempts({
  setup,
  send: (batch) => port.postMessage(batch),
  listen: (receive) => port.on('message', (batch: readonly ToIsolate[]) => receive(batch)),
  claim: (id) => Atomics.compareExchange(next, 0, id | 0, (id + 1) | 0) === (id | 0),
})
