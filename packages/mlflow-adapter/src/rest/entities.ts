import * as z from 'zod'

/** A tag or a param as MLflow takes and answers it. */
export interface Tag {
  readonly key: string
  readonly value: string
}
export const Tag: z.ZodType<Tag> = z.object({ key: z.string(), value: z.string() })

/** A metric's value; JSON has no NaN and no infinities, so they travel as strings. */
export type MetricValue = number | 'NaN' | 'Infinity' | '-Infinity'
export const MetricValue: z.ZodType<MetricValue> = z.union([
  z.number(),
  z.literal(['NaN', 'Infinity', '-Infinity']),
])

/** One recorded value of a metric. */
export interface MetricPoint {
  readonly key: string
  readonly value: MetricValue
  readonly timestamp: number
  readonly step: number
  /** The logged model that it measures: the point stands on the model as well. */
  readonly model_id?: string | undefined
}
export const MetricPoint: z.ZodType<MetricPoint> = z.object({
  key: z.string(),
  value: MetricValue,
  timestamp: z.int(),
  step: z.int(),
  model_id: z.string().optional(),
})

/** Status of an MLflow run. The server ignores any other word in silence, so it is checked here. */
export type RunStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED'
export const RunStatus: z.ZodType<RunStatus> = z.enum([
  'RUNNING',
  'SCHEDULED',
  'FINISHED',
  'FAILED',
  'KILLED',
])

/** A run as MLflow answers it. */
export interface MlflowRun {
  readonly info: {
    readonly run_id: string
    readonly run_name: string
    readonly experiment_id: string
    readonly status: RunStatus
    readonly start_time: number
    readonly end_time?: number | undefined
    readonly artifact_uri: string
  }
  readonly data: {
    readonly tags: readonly Tag[]
    readonly params: readonly Tag[]
    readonly metrics: readonly MetricPoint[]
  }
}

// int64 fields come as numbers from MLflow and as strings from servers that follow protobuf's JSON to the letter
const Int64 = z.coerce.number()

export const MlflowRun: z.ZodType<MlflowRun> = z.object({
  info: z.object({
    run_id: z.string(),
    run_name: z.string().default(''),
    experiment_id: z.string(),
    status: RunStatus,
    start_time: Int64.default(0),
    end_time: Int64.optional(),
    artifact_uri: z.string().default(''),
  }),
  data: z.object({
    tags: z.array(Tag).default([]),
    params: z.array(Tag).default([]),
    metrics: z
      .array(
        z.object({ key: z.string(), value: MetricValue, timestamp: Int64, step: Int64.default(0) }),
      )
      .default([]),
  }),
})
