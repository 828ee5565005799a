import { operation, type Operation } from '../operation/operation.ts'
import { RunDiffAnswer } from '../schema/diff.ts'
import { OfTwoRuns } from '../schema/names.ts'

export const compareRuns: Operation = operation({
  method: 'GET',
  path: '/v1/runs/{a}/diff/{b}',
  id: 'compareRuns',
  group: 'runs',
  scope: 'read',
  summary: 'Say what differs between two runs, node by node',
  description:
    'In code, params and inputs, and the metrics side by side. `first` is the first node that is not the same in both.',
  params: OfTwoRuns,
  answers: { 200: { description: 'What differs.', schema: RunDiffAnswer } },
  refusals: [404],
  async handle({ params }, { client }) {
    return { status: 200, body: await client.diff(params.a, params.b) }
  },
})
