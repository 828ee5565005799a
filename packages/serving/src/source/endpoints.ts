import type { Endpoint } from '@pipewright/mlflow-adapter'
import * as z from 'zod'

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
