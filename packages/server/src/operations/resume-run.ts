import { given } from '../operation/given.ts'
import { operation, type Operation } from '../operation/operation.ts'
import { OfRun } from '../schema/names.ts'
import { EnqueuedRun, ResumeRequest } from '../schema/run.ts'
import { callerTags } from './enqueue-run.ts'

export const resumeRun: Operation = operation({
  method: 'POST',
  path: '/v1/runs/{run}/resume',
  id: 'resumeRun',
  group: 'runs',
  scope: 'run',
  summary: 'Go on with a run that has ended, as a new run',
  description:
    'With the code and the configuration that workers have now. Nodes of which code, params and inputs are as they were keep what the run has committed, the others run.',
  params: OfRun,
  body: ResumeRequest,
  answers: {
    202: {
      description: 'The new run exists.',
      schema: EnqueuedRun,
      headers: { location: 'Path of the new run.' },
    },
  },
  refusals: [404, 409, 422],
  async handle({ params, body, caller }, { client }) {
    const tags = { ...body.tags, ...callerTags(caller) }
    const run = await client.resume(params.run, given({ ...body, tags }))
    return { status: 202, headers: { location: `/v1/runs/${run.id}` }, body: { id: run.id } }
  },
})
