import * as z from 'zod'

/**
 * A column of a table, or a field of a value: its name and its type in MLflow's words (`double`, `long`, `string`, `boolean`,
 * `datetime`, `binary`, `any`, `array<double>`), with `?` at the end when it may be missing.
 */
export type Column = readonly [name: string, type: string]
const Column: z.ZodType<Column> = z.tuple([z.string(), z.string()]).readonly()

/** What the values of one column come to. */
export interface ColumnProfile {
  /** Rows without a value; left out when there are none. */
  readonly missing?: number | undefined
  /** Of numbers that are finite. */
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly mean?: number | undefined
}
const ColumnProfile: z.ZodType<ColumnProfile> = z.object({
  missing: z.number().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  mean: z.number().optional(),
})

/** What a value holds, in short. */
export interface DatasetProfile {
  /** Number of rows of a table, of elements of any other array. */
  readonly rows?: number | undefined
  /** Number of columns, also of those that `schema` and `stats` have no room for. */
  readonly columns?: number | undefined
  /** The rows that `stats` looked at, when they were not all. */
  readonly sampled?: number | undefined
  readonly stats?: Readonly<Record<string, ColumnProfile>> | undefined
}

/** What is said of a value beside its bytes: 1 KiB of JSON at most. */
export interface DatasetSummary {
  readonly schema?: readonly Column[] | undefined
  readonly profile?: DatasetProfile | undefined
}

/** The fields of {@link DatasetSummary}, for the schemas of what carries one. */
export const datasetSummary: {
  readonly schema: z.ZodOptional<z.ZodType<readonly Column[]>>
  readonly profile: z.ZodOptional<z.ZodType<DatasetProfile>>
} = {
  schema: z.array(Column).optional(),
  profile: z
    .object({
      rows: z.number().optional(),
      columns: z.number().optional(),
      sampled: z.number().optional(),
      stats: z.record(z.string(), ColumnProfile).optional(),
    })
    .optional(),
}
