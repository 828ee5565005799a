import { operation, type Operation } from '../operation/operation.ts'
import { Workers } from '../schema/worker.ts'

export const listWorkers: Operation = operation({
  method: 'GET',
  path: '/v1/workers',
  id: 'listWorkers',
  group: 'workers',
  scope: 'read',
  summary: 'List workers, their queues and what they run',
  answers: {
    200: { description: 'Those alive, and those lost within the last hour.', schema: Workers },
  },
  async handle(_, { client }) {
    return { status: 200, body: { workers: await client.workers() } }
  },
})
