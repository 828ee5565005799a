import * as z from 'zod'

import type { Endpoint } from './endpoint.ts'
import { Tag } from './entities.ts'
import { DatasetInput } from './inputs.ts'
import type { SearchRuns } from './runs.ts'

/** A run with what it read. */
export interface RunWithData {
  readonly info: {
    readonly run_id: string
    readonly run_name: string
    readonly status: string
    readonly start_time: number
  }
  readonly data: { readonly tags: readonly Tag[] }
  readonly inputs: { readonly dataset_inputs: readonly DatasetInput[] }
}

const RunWithData: z.ZodType<RunWithData> = z.object({
  info: z.object({
    run_id: z.string(),
    run_name: z.string().default(''),
    status: z.string().default(''),
    start_time: z.coerce.number().default(0),
  }),
  data: z.object({ tags: z.array(Tag).default([]) }).prefault({}),
  inputs: z.object({ dataset_inputs: z.array(DatasetInput).default([]) }).prefault({}),
})

/** Finds active runs with their inputs, newest first. */
export const searchRunsWithData: Endpoint<
  SearchRuns,
  { runs: readonly RunWithData[]; next_page_token?: string | undefined }
> = {
  method: 'POST',
  path: 'runs/search',
  request: z.object({
    experiment_ids: z.array(z.string()),
    filter: z.string(),
    max_results: z.int().max(50_000),
    page_token: z.string().optional(),
  }),
  response: z.object({
    runs: z.array(RunWithData).default([]),
    next_page_token: z.string().optional(),
  }),
}
