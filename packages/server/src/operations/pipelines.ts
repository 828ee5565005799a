import { UsageError } from '@pipewright/engine'
import { didYouMean } from '@pipewright/engine/internal'
import * as z from 'zod'

import { operation, type Operation } from '../operation/operation.ts'
import { Name } from '../schema/names.ts'
import { Pipeline, pipelineAnswer, Pipelines } from '../schema/pipeline.ts'

export const listPipelines: Operation = operation({
  method: 'GET',
  path: '/v1/pipelines',
  id: 'listPipelines',
  group: 'pipelines',
  scope: 'read',
  summary: 'List the pipelines that workers have published',
  answers: { 200: { description: 'By name.', schema: Pipelines } },
  async handle(_, { client }) {
    return { status: 200, body: { pipelines: (await client.pipelines()).map(pipelineAnswer) } }
  },
})

export const readPipeline: Operation = operation({
  method: 'GET',
  path: '/v1/pipelines/{pipeline}',
  id: 'readPipeline',
  group: 'pipelines',
  scope: 'read',
  summary: 'Read a pipeline, with its params as JSON Schema',
  params: z.strictObject({ pipeline: Name }),
  answers: { 200: { description: 'As it was published last.', schema: Pipeline } },
  refusals: [404],
  async handle({ params: { pipeline } }, { client }) {
    const all = await client.pipelines()
    const found = all.find(({ name }) => name === pipeline)
    if (found !== undefined) return { status: 200, body: pipelineAnswer(found) }
    throw new UsageError('UNKNOWN_PIPELINE', `No worker has published a pipeline "${pipeline}".`, {
      hint: didYouMean(
        pipeline,
        all.map(({ name }) => name),
        'pipelines',
      ),
    })
  },
})
