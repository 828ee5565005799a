import * as z from 'zod'

/** A node of a Kedro pipeline. */
export interface KedroNode {
  readonly name: string
  readonly namespace: string | null
  readonly tags: readonly string[]
  /** Datasets and params (`params:a.b`, `parameters`), by Kedro's names. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

/** What is known of a Kedro project without running any of it. `pipewright kedro import` writes it. */
export interface KedroSnapshot {
  readonly version: 1
  /** Version of Kedro. */
  readonly kedro: string
  /** Name of the project. */
  readonly project: string
  readonly pipelines: readonly { readonly name: string; readonly nodes: readonly KedroNode[] }[]
  /** Kedro's type of each dataset that the project's catalog lists, or has a pattern for. */
  readonly datasets: Readonly<Record<string, string>>
}

export const KedroSnapshot: z.ZodType<KedroSnapshot> = z.object({
  version: z.literal(1),
  kedro: z.string(),
  project: z.string(),
  pipelines: z.array(
    z.object({
      name: z.string(),
      nodes: z.array(
        z.object({
          name: z.string(),
          namespace: z.string().nullable(),
          tags: z.array(z.string()),
          inputs: z.array(z.string()),
          outputs: z.array(z.string()),
        }),
      ),
    }),
  ),
  datasets: z.record(z.string(), z.string()),
})
