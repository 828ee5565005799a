import type * as z from 'zod'

/** One call of MLflow's REST API: what it takes and what it answers, both checked. */
export interface Endpoint<Request, Response> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Default `/api/2.0/mlflow/`. */
  readonly root?: string
  /** Below the root. */
  readonly path: string
  readonly request: z.ZodType<Request>
  readonly response: z.ZodType<Response>
}
