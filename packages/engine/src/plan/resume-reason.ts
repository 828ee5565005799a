import * as z from 'zod'

import { Difference } from './difference.ts'

/** Why a node of a resumed run runs, or is skipped. */
export type ResumeReason =
  /** What its result was made from has changed. */
  | Difference
  /** The run that is resumed has no such node. */
  | { readonly kind: 'new' }
  | {
      readonly kind: 'failed'
      readonly error?: { readonly code: string; readonly message: string } | undefined
    }
  /** It has not come to an end of its own. */
  | {
      readonly kind: 'unfinished'
      readonly status: 'pending' | 'running' | 'cancelled' | 'skipped'
    }
  /** An input of it is made again. */
  | { readonly kind: 'made-again'; readonly dataset: string; readonly by: string }
  /** What it made is not in the store any more. */
  | { readonly kind: 'gone'; readonly dataset: string }
  /** What lies in the store is not what it made. */
  | { readonly kind: 'changed'; readonly dataset: string }
  /** Nobody knows the code or the content that it was made from, or would be made from now. */
  | {
      readonly kind: 'unknown'
      readonly what: 'code' | 'input'
      readonly dataset?: string | undefined
    }
  /** Some elements of a map failed; only they run. */
  | { readonly kind: 'elements'; readonly failed: number; readonly count: number }
  /** A branch whose choice is kept did not name it: it is skipped. */
  | { readonly kind: 'not-chosen'; readonly by: string }
  /** What it needs is skipped: so is it. */
  | { readonly kind: 'not-reached'; readonly by: string }

const of = <Kind extends string, Shape extends z.ZodRawShape>(
  kind: Kind,
  shape: Shape,
): z.ZodObject<{ kind: z.ZodLiteral<Kind> } & Shape> =>
  // The shape with one more member is what its type says.
  z.object({ kind: z.literal(kind), ...shape }) as never

export const ResumeReason: z.ZodType<ResumeReason> = z.union([
  Difference,
  of('new', {}),
  of('failed', { error: z.object({ code: z.string(), message: z.string() }).optional() }),
  of('unfinished', { status: z.enum(['pending', 'running', 'cancelled', 'skipped']) }),
  of('made-again', { dataset: z.string(), by: z.string() }),
  of('gone', { dataset: z.string() }),
  of('changed', { dataset: z.string() }),
  of('unknown', { what: z.enum(['code', 'input']), dataset: z.string().optional() }),
  of('elements', { failed: z.int(), count: z.int() }),
  of('not-chosen', { by: z.string() }),
  of('not-reached', { by: z.string() }),
])

/** What becomes of one node of a resumed run. */
export interface NodeResumption {
  readonly node: string
  /** Of the node in the new plan. */
  readonly index: number
  readonly action: 'reuse' | 'run' | 'skip'
  /** Why it runs or is skipped; empty when its result is kept. */
  readonly reasons: readonly ResumeReason[]
}

export const NodeResumption: z.ZodType<NodeResumption> = z.object({
  node: z.string(),
  index: z.int(),
  action: z.enum(['reuse', 'run', 'skip']),
  reasons: z.array(ResumeReason),
})
