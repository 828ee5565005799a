import { Readable } from 'node:stream'

import { isLastCursor } from '@pipewright/engine/client'
import * as z from 'zod'

import { eventFrames } from '../events/event-frames.ts'
import { given } from '../operation/given.ts'
import { operation, type Operation } from '../operation/operation.ts'
import { RunEvent } from '../schema/event.ts'
import { OfRun } from '../schema/names.ts'

export const followRun: Operation = operation({
  method: 'GET',
  path: '/v1/runs/{run}/events',
  id: 'followRun',
  group: 'runs',
  scope: 'read',
  summary: 'Follow the events of a run as they come',
  description:
    'Server-sent events, from the beginning or after a cursor, also of a run that has ended. The stream ends after `run_finished`. A reader that comes back with the last `id` in `Last-Event-ID`, as browsers do by themselves, misses none; when there is nothing more it gets 204.',
  params: OfRun,
  query: z.strictObject({
    cursor: z
      .string()
      .max(2000)
      .optional()
      .describe('The `id` of the last event that was seen. `Last-Event-ID` goes before it.'),
  }),
  answers: {
    200: {
      description: 'Of each event `id` is its cursor, `event` its type, `data` a RunEvent as JSON.',
      schema: RunEvent,
      mediaType: 'text/event-stream',
    },
    204: { description: 'The last event was seen already.' },
  },
  refusals: [404, 422],
  async handle({ params, query, lastEventId, signal: gone }, { client, streams }) {
    const cursor = lastEventId ?? query.cursor
    const isOver = cursor !== undefined && isLastCursor(cursor)
    const run = await client.run(params.run)
    if (isOver) return { status: 204 }
    const signal = streams.open(gone)
    const stream = Readable.from(eventFrames(run.events(given({ cursor, signal }))))
    return {
      status: 200,
      // A proxy that gathers answers would hold events back.
      headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' },
      stream,
    }
  },
})
