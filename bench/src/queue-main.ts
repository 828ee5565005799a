// Entry of a process with a bare BullMQ worker, the measure that ours is set against.
import { Worker } from 'bullmq'

import { now } from './clock.ts'
import { ToWorker, WorkerSetup, type FromWorker } from './messages.ts'

const setup = WorkerSetup.parse(JSON.parse(process.argv[2] ?? ''))
const { hostname, port, password } = new URL(setup.redis)
const connection = { host: hostname, port: Number(port), password, maxRetriesPerRequest: null }
const options = { connection, prefix: setup.prefix, concurrency: setup.concurrency }

let starts: number[] = []
let left = 0
let startedAt = 0
let onLast: () => void = () => undefined

function count(jobs: number): Promise<void> {
  starts = []
  left = jobs
  return new Promise((resolve) => {
    onLast = resolve
  })
}

function open(queue: string, autorun: boolean): Worker {
  const worker = new Worker(queue, async () => void starts.push(now()), { ...options, autorun })
  worker.on('completed', () => {
    left -= 1
    if (left === 0) onLast()
  })
  worker.on('error', (error) => console.error(error))
  return worker
}

function send(message: FromWorker): void {
  process.send?.(message)
}

async function countRunning(jobs: number): Promise<void> {
  const counted = count(jobs)
  send({ type: 'counting' })
  await counted
}

async function countFilled(jobs: number): Promise<void> {
  const worker = open('filled', false)
  await worker.waitUntilReady()
  const counted = count(jobs)
  startedAt = now()
  const running = worker.run()
  await counted
  send({ type: 'counted', startedAt, endedAt: now(), starts })
  await worker.close()
  await running
}

async function receive(message: ToWorker): Promise<void> {
  if (message.type === 'cpu') {
    const { user, system } = process.cpuUsage()
    send({ type: 'cpu', micros: user + system })
  } else if (message.filled) {
    await countFilled(message.jobs)
  } else {
    startedAt = now()
    await countRunning(message.jobs)
    send({ type: 'counted', startedAt, endedAt: now(), starts })
  }
}

process.on('message', (message) => {
  receive(ToWorker.parse(message)).catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
})
process.on('disconnect', () => process.exit(0))
await open('live', true).waitUntilReady()
send({ type: 'ready' })
