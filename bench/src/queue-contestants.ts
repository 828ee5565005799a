import { FlowProducer, Queue, type FlowJob } from 'bullmq'
import type { Redis } from 'ioredis'

import { now } from './clock.ts'
import type { Contestant } from './contestant.ts'
import { sampled } from './sample.ts'
import type { WorkerProcess } from './worker-process.ts'

/** Jobs of the bare queue, and children of the flow. */
const jobs = 1000
const chainLength = 500

const bulk = Array.from({ length: jobs }, (_, index) => ({ name: 'n', data: { index } }))

/** What the contestants of one worker process share. */
interface Bare {
  readonly redis: Redis
  readonly worker: WorkerProcess
  readonly prefix: string
  readonly concurrency: number
}

/** BullMQ without us: the queue, a queue filled before its worker starts, and, if `flows`, its FlowProducer. */
export function queueContestants(bare: Bare, flows: boolean): readonly Contestant[] {
  const queue = new Queue('live', { connection: bare.redis, prefix: bare.prefix })
  const live = (shape: string, nodes: number, submit: () => Promise<unknown>): Contestant => ({
    ...contestantOf(shape, bare, nodes),
    async measure() {
      return sampled({ ...bare, nodes }, async () => {
        const counted = bare.worker.next('counted')
        const counting = bare.worker.next('counting')
        bare.worker.send({ type: 'count', jobs: nodes, filled: false })
        await counting
        const startedAt = now()
        await submit()
        const { endedAt, starts } = await counted
        return {
          milliseconds: endedAt - startedAt,
          starts: shape === 'flow-chain' ? starts : undefined,
        }
      })
    },
    cleanUp: async () => clean(queue),
  })
  const bareQueue = [live('queue', jobs, async () => queue.addBulk(bulk)), filledContestant(bare)]
  if (!flows) return bareQueue
  const producer = new FlowProducer({ connection: bare.redis, prefix: bare.prefix })
  return [
    ...bareQueue,
    live('flow', jobs + 1, async () => producer.add(fanIn(bare.prefix))),
    live('flow-chain', chainLength, async () => producer.add(nested(bare.prefix))),
  ]
}

function filledContestant(bare: Bare): Contestant {
  const queue = new Queue('filled', { connection: bare.redis, prefix: bare.prefix })
  return {
    ...contestantOf('filled-queue', bare, jobs),
    async measure() {
      await queue.addBulk(bulk)
      return sampled({ ...bare, nodes: jobs }, async () => {
        const counted = bare.worker.next('counted')
        bare.worker.send({ type: 'count', jobs, filled: true })
        const { startedAt, endedAt } = await counted
        return { milliseconds: endedAt - startedAt }
      })
    },
    cleanUp: async () => clean(queue),
  }
}

async function clean(queue: Queue): Promise<void> {
  await queue.clean(0, 0, 'completed')
}

function contestantOf(
  shape: string,
  { concurrency }: Bare,
  nodes: number,
): Omit<Contestant, 'measure' | 'cleanUp'> {
  return { shape, isolation: 'bullmq', concurrency, nodes }
}

function fanIn(prefix: string): FlowJob {
  const children = bulk.map(({ name, data }) => ({ name, data, queueName: 'live', prefix }))
  return { name: 'root', queueName: 'live', prefix, children }
}

function nested(prefix: string): FlowJob {
  let job: FlowJob = { name: 'n', queueName: 'live', prefix }
  for (let depth = 1; depth < chainLength; depth += 1) {
    job = { name: 'n', queueName: 'live', prefix, children: [job] }
  }
  return job
}
