import * as z from 'zod'

import type { Endpoint } from './endpoint.ts'
import { Tag } from './entities.ts'

/** State of a logged model. */
export type LoggedModelStatus =
  | 'LOGGED_MODEL_PENDING'
  | 'LOGGED_MODEL_READY'
  | 'LOGGED_MODEL_UPLOAD_FAILED'

/** A logged model as MLflow answers it. */
export interface LoggedModel {
  readonly info: {
    readonly model_id: string
    readonly name: string
    readonly artifact_uri: string
    readonly status: string
    readonly creation_timestamp_ms: number
    readonly source_run_id: string
    readonly tags: readonly Tag[]
  }
}

export const LoggedModel: z.ZodType<LoggedModel> = z.object({
  info: z.object({
    model_id: z.string(),
    name: z.string().default(''),
    artifact_uri: z.string().default(''),
    // older servers answer with the number of the enum
    status: z
      .union([z.string(), z.number().transform((status) => statuses[status] ?? String(status))])
      .default('LOGGED_MODEL_PENDING'),
    creation_timestamp_ms: z.coerce.number().default(0),
    source_run_id: z.string().default(''),
    tags: z.array(Tag).default([]),
  }),
})

const statuses: Readonly<Record<number, LoggedModelStatus>> = {
  1: 'LOGGED_MODEL_PENDING',
  2: 'LOGGED_MODEL_READY',
  3: 'LOGGED_MODEL_UPLOAD_FAILED',
}

/** What `logged-models` takes to create one. */
export interface CreateLoggedModel {
  readonly experiment_id: string
  /** Without `/ : . % " '`. */
  readonly name: string
  readonly source_run_id: string
  readonly params: readonly Tag[]
  readonly tags: readonly Tag[]
}

/** Creates a logged model. Every call makes a new one. */
export const createLoggedModel: Endpoint<CreateLoggedModel, { model: LoggedModel }> = {
  method: 'POST',
  path: 'logged-models',
  request: z.object({
    experiment_id: z.string(),
    name: z.string(),
    source_run_id: z.string(),
    params: z.array(Tag),
    tags: z.array(Tag),
  }),
  response: z.object({ model: LoggedModel }),
}

/** Finds logged models, the newest first. */
export const searchLoggedModels: Endpoint<
  { experiment_ids: readonly string[]; filter: string; max_results: number },
  { models: readonly LoggedModel[] }
> = {
  method: 'POST',
  path: 'logged-models/search',
  request: z.object({
    experiment_ids: z.array(z.string()),
    filter: z.string(),
    max_results: z.int().max(50),
  }),
  response: z.object({ models: z.array(LoggedModel).default([]) }),
}

/** Says that all files of a model are there, or never will be. May be repeated. */
export function finalizeLoggedModel(
  id: string,
): Endpoint<{ model_id: string; status: LoggedModelStatus }, unknown> {
  return {
    method: 'PATCH',
    path: `logged-models/${encodeURIComponent(id)}`,
    request: z.object({
      model_id: z.string(),
      status: z.enum(['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED']),
    }),
    response: z.unknown(),
  }
}

/** Deletes a logged model. */
export function deleteLoggedModel(id: string): Endpoint<{ model_id: string }, unknown> {
  return {
    method: 'DELETE',
    path: `logged-models/${encodeURIComponent(id)}`,
    request: z.object({ model_id: z.string() }),
    response: z.unknown(),
  }
}

/** Names models as outputs of a run. A model that is named already is refused with a database's error. */
export const logOutputs: Endpoint<
  { run_id: string; models: readonly { model_id: string; step: number }[] },
  unknown
> = {
  method: 'POST',
  path: 'runs/outputs',
  request: z.object({
    run_id: z.string(),
    models: z.array(z.object({ model_id: z.string(), step: z.int() })),
  }),
  response: z.unknown(),
}
