import * as z from 'zod'

/** The part of `mlflow.yml` that the adapter uses, defaults filled in. */
export interface AdapterSettings {
  readonly artifacts: {
    /** Datasets whose values are uploaded to the run of the node that made them. Default none. */
    readonly datasets: readonly string[]
    /** Larger values are not uploaded; a tag says so. Default 64 MiB. */
    readonly maxBytes: number
  }
  /**
   * What becomes of an attempt that was followed by another: `nested` keeps it as a FAILED run under its successor,
   * `last` removes it. Default `nested`.
   */
  readonly attempts: 'nested' | 'last'
  /** Tags for every MLflow run of a pipeline run's parent. Default none. */
  readonly tags: Readonly<Record<string, string>>
}

/** What may be left out of {@link AdapterSettings}. */
export interface AdapterSettingsInput {
  readonly artifacts?: Partial<AdapterSettings['artifacts']>
  readonly attempts?: AdapterSettings['attempts']
  readonly tags?: AdapterSettings['tags']
}

const AdapterSettings = z.object({
  artifacts: z
    .object({
      datasets: z.array(z.string()).default([]),
      maxBytes: z
        .int()
        .nonnegative()
        .default(64 * 1024 * 1024),
    })
    .prefault({}),
  attempts: z.enum(['nested', 'last']).default('nested'),
  tags: z.record(z.string(), z.string()).default({}),
})

/** Checks settings and fills the defaults in. */
export function adapterSettings(input: AdapterSettingsInput = {}): AdapterSettings {
  return AdapterSettings.parse(input)
}
