import { operation, type Operation } from '../operation/operation.ts'
import { OfRun } from '../schema/names.ts'
import { nodeRunAnswer, NodeRuns } from '../schema/node-run.ts'
import { Cancelled, Run } from '../schema/run.ts'

export const readRun: Operation = operation({
  method: 'GET',
  path: '/v1/runs/{run}',
  id: 'readRun',
  group: 'runs',
  scope: 'read',
  summary: 'Read a run',
  params: OfRun,
  answers: { 200: { description: 'The run as the ledger knows it now.', schema: Run } },
  refusals: [404],
  async handle({ params }, { client }) {
    return { status: 200, body: await client.runs.get(params.run) }
  },
})

export const readNodes: Operation = operation({
  method: 'GET',
  path: '/v1/runs/{run}/nodes',
  id: 'readNodes',
  group: 'runs',
  scope: 'read',
  summary: 'Read the node runs of a run',
  params: OfRun,
  answers: { 200: { description: 'In the order of the plan.', schema: NodeRuns } },
  refusals: [404],
  async handle({ params }, { client }) {
    const run = await client.run(params.run)
    return { status: 200, body: { nodes: (await run.nodes()).map(nodeRunAnswer) } }
  },
})

export const cancelRun: Operation = operation({
  method: 'POST',
  path: '/v1/runs/{run}/cancel',
  id: 'cancelRun',
  group: 'runs',
  scope: 'run',
  summary: 'Cancel a run',
  description: 'Waiting nodes end as cancelled at once; running ones are aborted by their workers.',
  params: OfRun,
  answers: { 202: { description: 'It is being cancelled, or had ended.', schema: Cancelled } },
  refusals: [404],
  async handle({ params }, { client }) {
    const run = await client.run(params.run)
    return { status: 202, body: { state: await run.cancel() } }
  },
})
