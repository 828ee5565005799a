import { given } from '../operation/given.ts'
import { operation, type Operation } from '../operation/operation.ts'
import { EnqueuedRun, EnqueueRequest } from '../schema/run.ts'

/** The tag of a run that says whose token enqueued it. */
const callerTag = 'pipewright.caller'

/** The tags of a run that say who has asked for it. */
export function callerTags({
  name,
}: {
  readonly name?: string | undefined
}): Readonly<Record<string, string>> {
  return name === undefined ? {} : { [callerTag]: name }
}

export const enqueueRun: Operation = operation({
  method: 'POST',
  path: '/v1/runs',
  id: 'enqueueRun',
  group: 'runs',
  scope: 'run',
  summary: 'Enqueue a run of a pipeline by its name',
  description:
    'Answers when the run is in Redis; workers take it from there. After an answer 503, or none, nobody knows whether the run exists: send the same request with the same `key` again.',
  body: EnqueueRequest,
  answers: {
    202: {
      description: 'The run exists. With a `key` that was used before it is the first one’s.',
      schema: EnqueuedRun,
      headers: { location: 'Path of the run.' },
    },
  },
  refusals: [404, 409, 422],
  async handle({ body, caller }, { client }) {
    const { pipeline, tags, ...options } = body
    const all = { ...tags, ...callerTags(caller) }
    const run = await client.enqueue(pipeline, given({ ...options, tags: all }))
    return { status: 202, headers: { location: `/v1/runs/${run.id}` }, body: { id: run.id } }
  },
})
