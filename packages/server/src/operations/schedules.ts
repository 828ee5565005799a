import { UsageError } from '@pipewright/engine'
import type { Client, KnownSchedule } from '@pipewright/engine/client'
import { didYouMean } from '@pipewright/engine/internal'
import * as z from 'zod'

import { given } from '../operation/given.ts'
import { operation, type Operation, type OperationDescription } from '../operation/operation.ts'
import { Name } from '../schema/names.ts'
import { EnqueuedRun } from '../schema/run.ts'
import {
  Backfill,
  BackfillRequest,
  Schedule,
  scheduleAnswer,
  ScheduleRequest,
  Schedules,
} from '../schema/schedule.ts'

const ofSchedule = z.strictObject({ schedule: Name })

export const listSchedules: Operation = operation({
  method: 'GET',
  path: '/v1/schedules',
  id: 'listSchedules',
  group: 'schedules',
  scope: 'read',
  summary: 'List schedules with their next five slots',
  answers: { 200: { description: 'By name.', schema: Schedules } },
  async handle(_, { client }) {
    const schedules = await client.schedules.list()
    return { status: 200, body: { schedules: schedules.map(scheduleAnswer) } }
  },
})

export const readSchedule: Operation = operation({
  method: 'GET',
  path: '/v1/schedules/{schedule}',
  id: 'readSchedule',
  group: 'schedules',
  scope: 'read',
  summary: 'Read a schedule',
  params: ofSchedule,
  answers: { 200: { description: 'The schedule.', schema: Schedule } },
  refusals: [404],
  async handle({ params }, { client }) {
    return { status: 200, body: scheduleAnswer(await find(client, params.schedule)) }
  },
})

export const putSchedule: Operation = operation({
  method: 'PUT',
  path: '/v1/schedules/{schedule}',
  id: 'putSchedule',
  group: 'schedules',
  scope: 'admin',
  summary: 'Add a schedule, or replace the one with its name',
  params: ofSchedule,
  body: ScheduleRequest,
  answers: { 200: { description: 'The schedule as it is now.', schema: Schedule } },
  refusals: [422],
  async handle({ params, body }, { client }) {
    await client.schedules.put(params.schedule, given(body))
    return { status: 200, body: scheduleAnswer(await find(client, params.schedule)) }
  },
})

export const removeSchedule: Operation = changing('remove', {
  method: 'DELETE',
  path: '/v1/schedules/{schedule}',
  id: 'removeSchedule',
  summary: 'Remove a schedule; its runs go on',
  description: 'One of a project’s `schedules.yml` comes back when a worker of it starts.',
  done: 'It is removed.',
})

export const pauseSchedule: Operation = changing('pause', {
  method: 'POST',
  path: '/v1/schedules/{schedule}/pause',
  id: 'pauseSchedule',
  summary: 'Let a schedule fire nothing until it is resumed',
  done: 'It is paused.',
})

export const resumeSchedule: Operation = changing('resume', {
  method: 'POST',
  path: '/v1/schedules/{schedule}/resume',
  id: 'resumeSchedule',
  summary: 'Let a schedule fire again; slots of the time in between are not caught up',
  done: 'It is not paused.',
})

export const triggerSchedule: Operation = operation({
  method: 'POST',
  path: '/v1/schedules/{schedule}/trigger',
  id: 'triggerSchedule',
  group: 'schedules',
  scope: 'run',
  summary: 'Enqueue a run of a schedule now, whether or not it is paused',
  params: ofSchedule,
  answers: {
    202: {
      description: 'The run exists.',
      schema: EnqueuedRun,
      headers: { location: 'Path of the run.' },
    },
  },
  refusals: [404, 422],
  async handle({ params }, { client }) {
    const { id } = await client.schedules.trigger(params.schedule)
    return { status: 202, headers: { location: `/v1/runs/${id}` }, body: { id } }
  },
})

export const backfillSchedule: Operation = operation({
  method: 'POST',
  path: '/v1/schedules/{schedule}/backfill',
  id: 'backfillSchedule',
  group: 'schedules',
  scope: 'admin',
  summary: 'Let the workers run the slots of a time in the past, in order',
  params: ofSchedule,
  body: BackfillRequest,
  answers: { 202: { description: 'The slots that will run.', schema: Backfill } },
  refusals: [404, 422],
  async handle({ params, body: { from, to, ...options } }, { client }) {
    const time = { from: new Date(from), to: new Date(to) }
    const slots = await client.schedules.backfill(params.schedule, { ...time, ...given(options) })
    return { status: 202, body: { slots } }
  },
})

/** An operation that changes a schedule and answers nothing. */
function changing(
  change: 'remove' | 'pause' | 'resume',
  {
    done,
    ...said
  }: Pick<OperationDescription, 'method' | 'path' | 'id' | 'summary' | 'description'> & {
    readonly done: string
  },
): Operation {
  return operation({
    ...said,
    group: 'schedules',
    scope: 'admin',
    params: ofSchedule,
    answers: { 204: { description: done } },
    refusals: [404],
    async handle({ params }, { client }) {
      await client.schedules[change](params.schedule)
      return { status: 204 }
    },
  })
}

/** @throws UsageError `UNKNOWN_SCHEDULE` */
async function find(client: Client, wanted: string): Promise<KnownSchedule> {
  const all = await client.schedules.list()
  const found = all.find(({ name }) => name === wanted)
  if (found !== undefined) return found
  throw new UsageError('UNKNOWN_SCHEDULE', `There is no schedule "${wanted}".`, {
    hint: didYouMean(
      wanted,
      all.map(({ name }) => name),
      'schedules',
    ),
  })
}
