// Entry of a process with the shipped worker.
import { startWorker } from '@pipewright/worker'

import { ToWorker, WorkerSetup, type FromWorker } from './messages.ts'

const setup = WorkerSetup.parse(JSON.parse(process.argv[2] ?? ''))

function send(message: FromWorker): void {
  process.send?.(message)
}

process.on('message', (message) => {
  if (ToWorker.parse(message).type !== 'cpu') return
  const { user, system } = process.cpuUsage()
  send({ type: 'cpu', micros: user + system })
})
process.on('disconnect', () => process.exit(0))
await startWorker({ ...setup, log: 'warn' })
send({ type: 'ready' })
