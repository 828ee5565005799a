import * as z from 'zod'

import type { Endpoint } from './endpoint.ts'
import { Tag } from './entities.ts'

/** An experiment as MLflow answers it. */
export interface Experiment {
  readonly experiment_id: string
  readonly name: string
  readonly artifact_location: string
  readonly lifecycle_stage: string
  readonly tags: readonly Tag[]
}

const Experiment: z.ZodType<Experiment> = z.object({
  experiment_id: z.string(),
  name: z.string(),
  artifact_location: z.string().default(''),
  lifecycle_stage: z.string().default('active'),
  tags: z.array(Tag).default([]),
})

/** Finds an experiment by its name, also a deleted one. 404 when there is none. */
export const getExperimentByName: Endpoint<
  { experiment_name: string },
  { experiment: Experiment }
> = {
  method: 'GET',
  path: 'experiments/get-by-name',
  request: z.object({ experiment_name: z.string() }),
  response: z.object({ experiment: Experiment }),
}

/** Creates an experiment. 400 RESOURCE_ALREADY_EXISTS when the name is taken, also by a deleted one. */
export const createExperiment: Endpoint<
  { name: string; tags: readonly Tag[]; artifact_location?: string | undefined },
  { experiment_id: string }
> = {
  method: 'POST',
  path: 'experiments/create',
  request: z.object({
    name: z.string(),
    tags: z.array(Tag),
    artifact_location: z.string().optional(),
  }),
  response: z.object({ experiment_id: z.string() }),
}

/** Sets a tag of an experiment. */
export const setExperimentTag: Endpoint<
  { experiment_id: string; key: string; value: string },
  unknown
> = {
  method: 'POST',
  path: 'experiments/set-experiment-tag',
  request: z.object({ experiment_id: z.string(), key: z.string(), value: z.string() }),
  response: z.unknown(),
}

/** Brings a deleted experiment back. */
export const restoreExperiment: Endpoint<{ experiment_id: string }, unknown> = {
  method: 'POST',
  path: 'experiments/restore',
  request: z.object({ experiment_id: z.string() }),
  response: z.unknown(),
}
