import * as z from 'zod'

import type { Endpoint } from './endpoint.ts'
import { MetricPoint, MlflowRun, RunStatus, Tag } from './entities.ts'

/** What `runs/create` takes. It has no end time, status or params, and checks no tag. */
export interface CreateRun {
  readonly experiment_id: string
  readonly run_name: string
  readonly start_time: number
  readonly tags: readonly Tag[]
}

/** Creates a run. Every call makes a new one. */
export const createRun: Endpoint<CreateRun, { run: MlflowRun }> = {
  method: 'POST',
  path: 'runs/create',
  request: z.object({
    experiment_id: z.string(),
    run_name: z.string(),
    start_time: z.int(),
    tags: z.array(Tag),
  }),
  response: z.object({ run: MlflowRun }),
}

/** What `runs/update` takes. */
export interface UpdateRun {
  readonly run_id: string
  readonly status: RunStatus
  readonly end_time: number
  readonly run_name: string
}

/** Sets status, end time and name of a run. */
export const updateRun: Endpoint<UpdateRun, unknown> = {
  method: 'POST',
  path: 'runs/update',
  request: z.object({
    run_id: z.string(),
    status: RunStatus,
    end_time: z.int(),
    run_name: z.string(),
  }),
  response: z.unknown(),
}

/** What `runs/search` takes. */
export interface SearchRuns {
  readonly experiment_ids: readonly string[]
  /** Conditions joined by AND; there is no OR. */
  readonly filter: string
  readonly max_results: number
  readonly page_token?: string | undefined
}

/** Finds active runs. */
export const searchRuns: Endpoint<
  SearchRuns,
  { runs: readonly MlflowRun[]; next_page_token?: string | undefined }
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
    runs: z.array(MlflowRun).default([]),
    next_page_token: z.string().optional(),
  }),
}

/** What `runs/log-batch` takes: at most 100 params, 100 tags, 1000 metrics and 1000 of all. */
export interface LogBatch {
  readonly run_id: string
  readonly params: readonly Tag[]
  readonly metrics: readonly MetricPoint[]
  readonly tags: readonly Tag[]
}

/**
 * Adds params, metrics and tags to a run. Not one transaction, but each part may be repeated: equal params and equal
 * points of a metric are stored once.
 */
export const logBatch: Endpoint<LogBatch, unknown> = {
  method: 'POST',
  path: 'runs/log-batch',
  request: z.object({
    run_id: z.string(),
    params: z.array(Tag).max(100),
    metrics: z.array(MetricPoint).max(1000),
    tags: z.array(Tag).max(100),
  }),
  response: z.unknown(),
}

/** Sets one tag of a run. */
export const setTag: Endpoint<{ run_id: string; key: string; value: string }, unknown> = {
  method: 'POST',
  path: 'runs/set-tag',
  request: z.object({ run_id: z.string(), key: z.string(), value: z.string() }),
  response: z.unknown(),
}

/** What is read of one run: whether it was deleted. */
interface RunState {
  readonly run: { readonly info: { readonly lifecycle_stage: 'active' | 'deleted' } }
}

/** One run, deleted or not. 404 when the server does not know it. */
export const getRun: Endpoint<{ run_id: string }, RunState> = {
  method: 'GET',
  path: 'runs/get',
  request: z.object({ run_id: z.string() }),
  response: z.object({
    run: z.object({
      info: z.object({ lifecycle_stage: z.enum(['active', 'deleted']).default('active') }),
    }),
  }),
}

/** One run with its params, metrics and tags. 404 when there is none. */
export const getRunWithData: Endpoint<{ run_id: string }, { run: MlflowRun }> = {
  method: 'GET',
  path: 'runs/get',
  request: z.object({ run_id: z.string() }),
  response: z.object({ run: MlflowRun }),
}

/** Removes one tag of a run. 404 when it has none of this name. */
export const deleteTag: Endpoint<{ run_id: string; key: string }, unknown> = {
  method: 'POST',
  path: 'runs/delete-tag',
  request: z.object({ run_id: z.string(), key: z.string() }),
  response: z.unknown(),
}

/** Deletes a run; it can be restored in MLflow until garbage is collected. */
export const deleteRun: Endpoint<{ run_id: string }, unknown> = {
  method: 'POST',
  path: 'runs/delete',
  request: z.object({ run_id: z.string() }),
  response: z.unknown(),
}
