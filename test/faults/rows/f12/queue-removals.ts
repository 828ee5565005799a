import { keys } from '@pipewright/engine/internal'
import { Queue } from 'bullmq'

import type { FaultProject } from '../../project.ts'

/** Ways in which an operator removes the jobs of a queue. */
export const queueRemovals = {
  obliterate: async (project: FaultProject) =>
    ofQueue(project, async (queue) => queue.obliterate({ force: true })),
  drain: async (project: FaultProject) => ofQueue(project, async (queue) => queue.drain(true)),
  'removing its keys': async ({ redis, prefix }: FaultProject) => {
    const own = await redis.keys(`${keys.queuePrefix(prefix)}:default:*`)
    if (own.length > 0) await redis.unlink(...own)
  },
  'removing every list of it': async ({ redis, prefix }: FaultProject) => {
    const queue = `${keys.queuePrefix(prefix)}:default`
    await redis.unlink(...['wait', 'active', 'marker', 'stalled'].map((list) => `${queue}:${list}`))
  },
} as const

async function ofQueue(
  { redis, prefix }: FaultProject,
  remove: (queue: Queue) => Promise<unknown>,
): Promise<void> {
  const queue = new Queue('default', { connection: redis, prefix: keys.queuePrefix(prefix) })
  queue.on('error', () => undefined)
  try {
    await remove(queue)
  } finally {
    await queue.close()
  }
}
