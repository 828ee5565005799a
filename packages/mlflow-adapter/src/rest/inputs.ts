import * as z from 'zod'

import type { Endpoint } from './endpoint.ts'
import { Tag } from './entities.ts'

/** A dataset as MLflow keeps it: once for each name and digest in an experiment, as it was first told. */
export interface DatasetEntity {
  /** At most 500 characters. */
  readonly name: string
  /** At most 36 characters. */
  readonly digest: string
  /** A word that MLflow's clients know: `local`, `s3`, `http`, `code`. */
  readonly source_type: string
  /** JSON, as the source type asks for. */
  readonly source: string
  /** JSON: `{"mlflow_colspec":[…]}`. */
  readonly schema?: string | undefined
  /** JSON: `{"num_rows":…}` and more. */
  readonly profile?: string | undefined
}
const DatasetEntity: z.ZodType<DatasetEntity> = z.object({
  name: z.string().max(500),
  digest: z.string().max(36),
  source_type: z.string().default(''),
  source: z.string().default(''),
  schema: z.string().optional(),
  profile: z.string().optional(),
})

/** A dataset that a run read, with tags of its own; `mlflow.data.context` is what it was read for. */
export interface DatasetInput {
  /** Keys of at most 255 characters, values of at most 500. */
  readonly tags: readonly Tag[]
  readonly dataset: DatasetEntity
}
export const DatasetInput: z.ZodType<DatasetInput> = z.object({
  tags: z.array(Tag).default([]),
  dataset: DatasetEntity,
})

/** What `runs/log-inputs` takes. */
export interface LogInputs {
  readonly run_id: string
  readonly datasets: readonly DatasetInput[]
  readonly models: readonly { readonly model_id: string }[]
}

/** Adds inputs to a run. Those that it has already stay as they are, with their tags. */
export const logInputs: Endpoint<LogInputs, unknown> = {
  method: 'POST',
  path: 'runs/log-inputs',
  request: z.object({
    run_id: z.string(),
    datasets: z.array(DatasetInput),
    models: z.array(z.object({ model_id: z.string() })),
  }),
  response: z.unknown(),
}
