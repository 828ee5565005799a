import * as z from 'zod'

/** A content that a node read or made. */
export interface Content {
  /** Of the encoded value, hex. */
  readonly sha256: string
  /** Where in the catalog it was read; undefined for what another node of the run made. */
  readonly path?: string | undefined
  /** The node of the run that made it. */
  readonly madeBy?: string | undefined
}

const Content: z.ZodType<Content> = z.object({
  sha256: z.string(),
  path: z.string().optional(),
  madeBy: z.string().optional(),
})

/** A file of code of which the content differs. */
export interface FileDifference {
  /** From the root of the project. */
  readonly path: string
  readonly change: 'changed' | 'added' | 'removed'
}

/** Something in which the second of two node runs of one node differs from the first. */
export type Difference =
  /** `files` is left out where they are not known, and empty where the function alone differs. */
  | {
      readonly kind: 'code'
      readonly files?: readonly FileDifference[] | undefined
      /** Where the user gives one in place of the code. */
      readonly version?: {
        readonly before?: string | undefined
        readonly after?: string | undefined
      }
    }
  /** Undefined for a param that one of them does not have. */
  | {
      readonly kind: 'param'
      readonly param: string
      readonly before?: unknown
      readonly after?: unknown
    }
  /** Undefined for a dataset that one of them does not read. */
  | {
      readonly kind: 'input'
      readonly dataset: string
      readonly before?: Content | undefined
      readonly after?: Content | undefined
    }
  /** Formats; undefined for a dataset that one of them does not make, empty where it is not known. */
  | {
      readonly kind: 'output'
      readonly dataset: string
      readonly before?: string | undefined
      readonly after?: string | undefined
    }

export const Difference: z.ZodType<Difference> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('code'),
    files: z
      .array(z.object({ path: z.string(), change: z.enum(['changed', 'added', 'removed']) }))
      .optional(),
    version: z
      .object({ before: z.string().optional(), after: z.string().optional() })
      .exactOptional(),
  }),
  z.object({
    kind: z.literal('param'),
    param: z.string(),
    before: z.unknown().optional(),
    after: z.unknown().optional(),
  }),
  z.object({
    kind: z.literal('input'),
    dataset: z.string(),
    before: Content.optional(),
    after: Content.optional(),
  }),
  z.object({
    kind: z.literal('output'),
    dataset: z.string(),
    before: z.string().optional(),
    after: z.string().optional(),
  }),
])
