import { nodeReasonText, runReasonText } from '@pipewright/engine/client'
import * as z from 'zod'

import { operation, type Operation } from '../operation/operation.ts'
import { OfRun } from '../schema/names.ts'
import { Why } from '../schema/why.ts'

export const explainRun: Operation = operation({
  method: 'GET',
  path: '/v1/runs/{run}/why',
  id: 'explainRun',
  group: 'runs',
  scope: 'read',
  summary: 'Say exactly why a run, or a node of it, does not move',
  params: OfRun,
  query: z.strictObject({
    node: z.string().min(1).max(500).optional().describe('A node of it, as the plan names it.'),
  }),
  answers: { 200: { description: 'The reason, in words and in full.', schema: Why } },
  refusals: [404],
  async handle({ params, query }, { client }) {
    if (query.node === undefined) {
      const why = await client.why(params.run)
      return { status: 200, body: { ...runReasonText(why), why } }
    }
    const why = await client.why(params.run, query.node)
    return { status: 200, body: { ...nodeReasonText(why.reason, why.now), why } }
  },
})
