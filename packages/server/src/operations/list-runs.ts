import * as z from 'zod'

import { operation, type Operation } from '../operation/operation.ts'
import { Time } from '../schema/names.ts'
import { listInQuery, numberInQuery } from '../schema/query.ts'
import { RunPage, RunStatus } from '../schema/run.ts'

const time = numberInQuery(0).describe(Time.description ?? '')

export const listRuns: Operation = operation({
  method: 'GET',
  path: '/v1/runs',
  id: 'listRuns',
  group: 'runs',
  scope: 'read',
  summary: 'List runs',
  description:
    'Those that have not ended come first, the newest first; then those that have, the latest end first. A page may be shorter than its limit, even empty, with more to come: only a page without a cursor is the last.',
  query: z.strictObject({
    pipeline: z.string().max(100).optional().describe('Of this pipeline alone.'),
    status: listInQuery(RunStatus).optional().describe('Of these statuses alone.'),
    tag: listInQuery(
      z
        .string()
        .max(300)
        .regex(/^[^=]+=/, 'Write name=value'),
    )
      .optional()
      .describe('With these tags alone: name=value.'),
    since: time.optional().describe('Created then or later, in milliseconds since 1970.'),
    until: time.optional().describe('Created before, in milliseconds since 1970.'),
    limit: numberInQuery(1, 1000).optional().describe('Runs of a page. Default 50.'),
    cursor: z.string().max(200).optional().describe('Of the page before, unchanged.'),
  }),
  answers: { 200: { description: 'A page of runs.', schema: RunPage } },
  refusals: [422],
  async handle({ query }, { client }) {
    const { cursor, tag = [], ...filter } = query
    const page = await client.runs.list({ ...filter, tags: tagsOf(tag) }, cursor)
    return { status: 200, body: page }
  },
})

/** Of a tag that is asked for twice the last value counts. */
function tagsOf(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}
