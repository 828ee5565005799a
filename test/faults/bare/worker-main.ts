// Entry of a process with a bare BullMQ worker. Its jobs write down what they do as the nodes of the suite do.
import { setTimeout as wait } from 'node:timers/promises'

import { Worker, type Job } from 'bullmq'

import { effectOf, enter } from '../fixture/journal.ts'
import { hold, opened } from '../fixture/setting.ts'
import { BareJob, BareWorkerSettings } from './jobs.ts'

const { redis, prefix, queue, drain, concurrency, lockDuration, stalledInterval } =
  BareWorkerSettings.parse(JSON.parse(process.argv[2] ?? ''))
const { hostname, port, username, password } = new URL(redis)
const connection = {
  host: hostname,
  port: Number(port),
  username,
  password,
  maxRetriesPerRequest: null,
}

async function body(job: Job): Promise<void> {
  const at = { runId: 'bare', node: job.id ?? '', attempt: job.attemptsStarted }
  enter(effectOf(at, 'started'))
  const data = BareJob.parse(job.data)
  if (data.does === 'wait') await wait(data.time * (0.5 + Math.random()))
  else if (data.does === 'hold') hold(data.time)
  else if (data.does === 'gate') await opened(data.gate, new AbortController().signal)
  else process.kill(process.pid, 'SIGKILL')
  enter(effectOf(at, 'ended'))
}

const worker = new Worker(queue, body, {
  connection,
  prefix,
  concurrency,
  ...(lockDuration === undefined ? {} : { lockDuration }),
  ...(stalledInterval === undefined ? {} : { stalledInterval }),
})
worker.on('error', (error) => console.error(error.message))
process.once('SIGTERM', () => {
  void worker.close().then(() => process.exit(0))
  if (drain !== undefined) setTimeout(() => process.exit(0), drain)
})
process.once('disconnect', () => process.exit(1))
await worker.waitUntilReady()
process.send?.('ready')
