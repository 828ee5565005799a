import * as z from 'zod'

import type { Endpoint } from './endpoint.ts'
import { Tag } from './entities.ts'

/** A name of a version, such as `champion`. */
export interface Alias {
  readonly alias: string
  readonly version: string
}

/** A registered model as MLflow answers it. */
export interface RegisteredModel {
  readonly name: string
  readonly description: string
  readonly aliases: readonly Alias[]
  readonly tags: readonly Tag[]
}

// a number in MLflow's answers to some calls, text in others
const Version = z.union([z.string(), z.number().transform(String)])

export const RegisteredModel: z.ZodType<RegisteredModel> = z.object({
  name: z.string(),
  description: z.string().default(''),
  aliases: z.array(z.object({ alias: z.string(), version: Version })).default([]),
  tags: z.array(Tag).default([]),
})

/** A version of a registered model as MLflow answers it. */
export interface ModelVersion {
  readonly name: string
  readonly version: string
  readonly creation_timestamp: number
  readonly description: string
  /** Where its files come from, such as `models:/m-…`. */
  readonly source: string
  /** The run that made it: the parent. */
  readonly run_id: string
  readonly status: string
  readonly tags: readonly Tag[]
}

export const ModelVersion: z.ZodType<ModelVersion> = z.object({
  name: z.string(),
  version: Version,
  creation_timestamp: z.coerce.number().default(0),
  description: z.string().default(''),
  source: z.string().default(''),
  run_id: z.string().default(''),
  status: z.string().default('READY'),
  tags: z.array(Tag).default([]),
})

const page = { max_results: z.int(), page_token: z.string().optional() }
const nextPage = { next_page_token: z.string().optional() }

/** Creates a registered model. 400 RESOURCE_ALREADY_EXISTS when there is one. */
export const createRegisteredModel: Endpoint<
  { name: string; description: string; tags: readonly Tag[] },
  unknown
> = {
  method: 'POST',
  path: 'registered-models/create',
  request: z.object({ name: z.string(), description: z.string(), tags: z.array(Tag) }),
  response: z.unknown(),
}

/** One registered model. 404 when there is none. */
export const getRegisteredModel: Endpoint<{ name: string }, { registered_model: RegisteredModel }> =
  {
    method: 'GET',
    path: 'registered-models/get',
    request: z.object({ name: z.string() }),
    response: z.object({ registered_model: RegisteredModel }),
  }

/** Registered models by name, page by page. */
export const searchRegisteredModels: Endpoint<
  { max_results: number; page_token?: string | undefined },
  { registered_models: readonly RegisteredModel[]; next_page_token?: string | undefined }
> = {
  method: 'GET',
  path: 'registered-models/search',
  request: z.object(page),
  response: z.object({ registered_models: z.array(RegisteredModel).default([]), ...nextPage }),
}

/** What `model-versions/create` takes. */
export interface CreateModelVersion {
  readonly name: string
  readonly source: string
  readonly run_id: string
  /** Of the logged model that is its source: a server refuses `models:/m-…` without it. */
  readonly model_id: string
  readonly description: string
  readonly tags: readonly Tag[]
}

/** Creates a version. Every call makes a new one. */
export const createModelVersion: Endpoint<CreateModelVersion, { model_version: ModelVersion }> = {
  method: 'POST',
  path: 'model-versions/create',
  request: z.object({
    name: z.string(),
    source: z.string(),
    run_id: z.string(),
    model_id: z.string(),
    description: z.string(),
    tags: z.array(Tag),
  }),
  response: z.object({ model_version: ModelVersion }),
}

/** Finds versions, page by page; without `order_by` the last updated come first. */
export const searchModelVersions: Endpoint<
  { filter: string; max_results: number; page_token?: string | undefined },
  { model_versions: readonly ModelVersion[]; next_page_token?: string | undefined }
> = {
  method: 'GET',
  path: 'model-versions/search',
  request: z.object({ filter: z.string(), ...page }),
  response: z.object({ model_versions: z.array(ModelVersion).default([]), ...nextPage }),
}

/** One version. 404 when there is none. */
export const getModelVersion: Endpoint<
  { name: string; version: string },
  { model_version: ModelVersion }
> = {
  method: 'GET',
  path: 'model-versions/get',
  request: z.object({ name: z.string(), version: z.string() }),
  response: z.object({ model_version: ModelVersion }),
}

/** Deletes a version. */
export const deleteModelVersion: Endpoint<{ name: string; version: string }, unknown> = {
  method: 'DELETE',
  path: 'model-versions/delete',
  request: z.object({ name: z.string(), version: z.string() }),
  response: z.unknown(),
}

/** The address of a version's files, such as `mlflow-artifacts:/1/models/m-…/artifacts`. */
export const getDownloadUri: Endpoint<{ name: string; version: string }, { artifact_uri: string }> =
  {
    method: 'GET',
    path: 'model-versions/get-download-uri',
    request: z.object({ name: z.string(), version: z.string() }),
    response: z.object({ artifact_uri: z.string() }),
  }

/** The version that an alias names. 400 or 404 when there is none. */
export const getVersionByAlias: Endpoint<
  { name: string; alias: string },
  { model_version: ModelVersion }
> = {
  method: 'GET',
  path: 'registered-models/alias',
  request: z.object({ name: z.string(), alias: z.string() }),
  response: z.object({ model_version: ModelVersion }),
}

/** Lets an alias name a version, whatever it named before. */
export const setAlias: Endpoint<{ name: string; alias: string; version: string }, unknown> = {
  method: 'POST',
  path: 'registered-models/alias',
  request: z.object({ name: z.string(), alias: z.string(), version: z.string() }),
  response: z.unknown(),
}

/** Removes an alias; one that is not there as well. */
export const deleteAlias: Endpoint<{ name: string; alias: string }, unknown> = {
  method: 'DELETE',
  path: 'registered-models/alias',
  request: z.object({ name: z.string(), alias: z.string() }),
  response: z.unknown(),
}

/** Sets a tag of a version. */
export const setVersionTag: Endpoint<
  { name: string; version: string; key: string; value: string },
  unknown
> = {
  method: 'POST',
  path: 'model-versions/set-tag',
  request: z.object({ name: z.string(), version: z.string(), key: z.string(), value: z.string() }),
  response: z.unknown(),
}
