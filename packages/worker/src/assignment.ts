import {
  datasetOf,
  DatasetReference,
  generationOf,
  laneOf,
  madeInputs,
  type JobData,
  type PlanNode,
  type Start,
} from '@pipewright/engine/internal'
import type { Job } from 'bullmq'

import type { KnownRun } from './run-cache.ts'

/** One attempt of a node run, as this worker was given it. */
export interface Assignment {
  readonly jobId: string
  readonly run: KnownRun
  readonly index: number
  readonly node: PlanNode
  /** The queue that it goes to should it run again: where it came from, or the lane that leads there. */
  readonly queue: string
  /** The lane by which it was admitted; empty for none. */
  readonly lane: string
  /** 1 for the first attempt of the node run. */
  readonly attempt: number
  /** BullMQ's start of this job that the attempt belongs to: the fence. */
  readonly start: Start
  readonly generation: number
  /** Failed attempts before this one. */
  readonly failures: number
  readonly inputs: Readonly<Record<string, DatasetReference>>
  /** Datasets that other nodes of the run were to make and have not: `undefined` for a node whose trigger allows it. */
  readonly missing: readonly string[]
  readonly startedAt: number
  /** The same moment by a clock that does not jump. */
  readonly began: number
}

/** Joins what the job, the references of its inputs and the run say. Undefined when the plan has no such node. */
export function assignment(
  job: Job,
  references: readonly (string | null)[],
  data: JobData,
  run: KnownRun,
): Assignment | undefined {
  const node = run.plan.nodes[data.index]
  if (node === undefined) return undefined
  const inputs: Record<string, DatasetReference> = {}
  const missing: string[] = []
  for (const [position, dataset] of (madeInputs(run.plan)[data.index] ?? []).entries()) {
    const text = references[position]
    if (text == null && node.trigger !== undefined) missing.push(datasetOf(dataset))
    if (text != null) inputs[dataset] = DatasetReference.parse(JSON.parse(text))
  }
  const jobId = job.id ?? ''
  const lane = laneOf(run.plan.pipeline, node, job.queueName)
  return {
    jobId,
    run,
    index: data.index,
    node,
    queue: lane || job.queueName,
    lane,
    attempt: data.base + job.attemptsStarted,
    start: { count: job.attemptsStarted, at: job.processedOn, token: job.token ?? '' },
    generation: generationOf(jobId),
    failures: data.failures,
    inputs,
    missing,
    startedAt: Date.now(),
    began: performance.now(),
  }
}
