import type { Endpoint } from '@pipewright/mlflow-adapter'
import * as z from 'zod'

/** A version of a registered model as MLflow answers it. */
export interface RegisteredVersion {
  readonly name: string
  readonly version: string
  readonly run_id?: string | undefined
  readonly model_id?: string | undefined
  readonly source: string
}

const RegisteredVersion: z.ZodType<RegisteredVersion> = z.object({
  name: z.string(),
  version: z.coerce.string(),
  run_id: z.string().optional(),
  model_id: z.string().optional(),
  source: z.string().default(''),
})

interface NameAndVersion {
  readonly name: string
  readonly version: string
}
const nameAndVersion = z.object({ name: z.string(), version: z.string() })

interface NameAndAlias {
  readonly name: string
  readonly alias: string
}
const nameAndAlias = z.object({ name: z.string(), alias: z.string() })

/** The version that an alias is at. 404 when it is not set. */
export const getVersionByAlias: Endpoint<NameAndAlias, { model_version: RegisteredVersion }> = {
  method: 'GET',
  path: 'registered-models/alias',
  request: nameAndAlias,
  response: z.object({ model_version: RegisteredVersion }),
}

export const setAlias: Endpoint<NameAndAlias & { version: string }, unknown> = {
  method: 'POST',
  path: 'registered-models/alias',
  request: z.object({ name: z.string(), alias: z.string(), version: z.string() }),
  response: z.unknown(),
}

export const deleteAlias: Endpoint<NameAndAlias, unknown> = {
  method: 'DELETE',
  path: 'registered-models/alias',
  request: nameAndAlias,
  response: z.unknown(),
}

export const getVersion: Endpoint<NameAndVersion, { model_version: RegisteredVersion }> = {
  method: 'GET',
  path: 'model-versions/get',
  request: nameAndVersion,
  response: z.object({ model_version: RegisteredVersion }),
}

/** Finds versions, the highest number first. */
export const searchVersions: Endpoint<
  { filter: string; max_results: number; order_by: readonly string[] },
  { model_versions: readonly RegisteredVersion[] }
> = {
  method: 'GET',
  path: 'model-versions/search',
  request: z.object({
    filter: z.string(),
    max_results: z.int(),
    order_by: z.array(z.string()),
  }),
  response: z.object({ model_versions: z.array(RegisteredVersion).default([]) }),
}

/** Where the files of a version lie. */
export const getDownloadUri: Endpoint<NameAndVersion, { artifact_uri: string }> = {
  method: 'GET',
  path: 'model-versions/get-download-uri',
  request: nameAndVersion,
  response: z.object({ artifact_uri: z.string() }),
}

interface Measured {
  readonly key: string
  readonly value: number
}
// Not a number and infinities come as words.
const Measured: z.ZodType<Measured> = z.object({ key: z.string(), value: z.coerce.number() })

/** A model by its own id. */
export function getLoggedModel(id: string): Endpoint<
  object,
  {
    model: {
      info: { artifact_uri: string; source_run_id?: string | undefined }
      data: { metrics: readonly Measured[] }
    }
  }
> {
  return {
    method: 'GET',
    path: `logged-models/${id}`,
    request: z.object({}),
    response: z.object({
      model: z.object({
        info: z.object({ artifact_uri: z.string(), source_run_id: z.string().optional() }),
        data: z.object({ metrics: z.array(Measured).default([]) }).prefault({}),
      }),
    }),
  }
}

/** A run, with where its artifacts lie and its latest metrics. */
export const getRun: Endpoint<
  { run_id: string },
  { run: { info: { artifact_uri: string }; data: { metrics: readonly Measured[] } } }
> = {
  method: 'GET',
  path: 'runs/get',
  request: z.object({ run_id: z.string() }),
  response: z.object({
    run: z.object({
      info: z.object({ artifact_uri: z.string() }),
      data: z.object({ metrics: z.array(Measured).default([]) }).prefault({}),
    }),
  }),
}
