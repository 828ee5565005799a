import * as z from 'zod'

import { operation, type Operation } from '../operation/operation.ts'
import { Name } from '../schema/names.ts'
import { Paused } from '../schema/pipeline.ts'

export const listPaused: Operation = operation({
  method: 'GET',
  path: '/v1/paused',
  id: 'listPaused',
  group: 'pipelines',
  scope: 'read',
  summary: 'List what is paused',
  answers: { 200: { description: 'Queues and pipelines.', schema: Paused } },
  async handle(_, { client }) {
    return { status: 200, body: await client.paused() }
  },
})

const done = { 204: { description: 'It is so now, and may have been before.' } }

export const pausePipeline: Operation = operation({
  method: 'POST',
  path: '/v1/pipelines/{pipeline}/pause',
  id: 'pausePipeline',
  group: 'pipelines',
  scope: 'admin',
  summary: 'Let no run of a pipeline begin; those that have begun go on',
  params: z.strictObject({ pipeline: Name }),
  answers: done,
  async handle({ params }, { client }) {
    await client.pause(params)
    return { status: 204 }
  },
})

export const resumePipeline: Operation = operation({
  method: 'POST',
  path: '/v1/pipelines/{pipeline}/resume',
  id: 'resumePipeline',
  group: 'pipelines',
  scope: 'admin',
  summary: 'Let runs of a pipeline begin again',
  params: z.strictObject({ pipeline: Name }),
  answers: done,
  async handle({ params }, { client }) {
    await client.resume(params)
    return { status: 204 }
  },
})

export const pauseQueue: Operation = operation({
  method: 'POST',
  path: '/v1/queues/{queue}/pause',
  id: 'pauseQueue',
  group: 'workers',
  scope: 'admin',
  summary: 'Let no worker take a node run from a queue; those that run go on',
  params: z.strictObject({ queue: Name }),
  answers: done,
  async handle({ params }, { client }) {
    await client.pause(params)
    return { status: 204 }
  },
})

export const resumeQueue: Operation = operation({
  method: 'POST',
  path: '/v1/queues/{queue}/resume',
  id: 'resumeQueue',
  group: 'workers',
  scope: 'admin',
  summary: 'Let workers take from a queue again',
  params: z.strictObject({ queue: Name }),
  answers: done,
  async handle({ params }, { client }) {
    await client.resume(params)
    return { status: 204 }
  },
})
