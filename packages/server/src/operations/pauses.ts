import type { Pausable } from '@pipewright/engine/client'
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

export const pausePipeline: Operation = switching('pause', 'pipeline', {
  id: 'pausePipeline',
  summary: 'Let no run of a pipeline begin; those that have begun go on',
})

export const resumePipeline: Operation = switching('resume', 'pipeline', {
  id: 'resumePipeline',
  summary: 'Let runs of a pipeline begin again',
})

export const pauseQueue: Operation = switching('pause', 'queue', {
  id: 'pauseQueue',
  summary: 'Let no worker take a node run from a queue; those that run go on',
})

export const resumeQueue: Operation = switching('resume', 'queue', {
  id: 'resumeQueue',
  summary: 'Let workers take from a queue again',
})

/** The operation that pauses or resumes a pipeline or a queue. */
function switching(
  verb: 'pause' | 'resume',
  what: 'pipeline' | 'queue',
  said: { readonly id: string; readonly summary: string },
): Operation {
  const params: z.ZodType<Pausable> =
    what === 'pipeline' ? z.strictObject({ pipeline: Name }) : z.strictObject({ queue: Name })
  return operation({
    method: 'POST',
    path: `/v1/${what}s/{${what}}/${verb}`,
    ...said,
    group: what === 'pipeline' ? 'pipelines' : 'workers',
    scope: 'admin',
    params,
    answers: { 204: { description: 'It is so now, and may have been before.' } },
    async handle(asked, { client }) {
      await client[verb](asked.params)
      return { status: 204 }
    },
  })
}
