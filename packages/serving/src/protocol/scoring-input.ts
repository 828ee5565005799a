/** The input of a request, in the shape in which it came. What a model makes of it, its flavor decides. */
export type ScoringInput =
  /** A table, as a list of rows beside the names of their columns. */
  | { readonly kind: 'table'; readonly columns: readonly string[]; readonly rows: Rows }
  /** Objects with names of columns. `frame` tells those of a data frame from `instances` and `inputs`. */
  | { readonly kind: 'records'; readonly records: readonly Fields[]; readonly frame: boolean }
  /** `inputs`, by column or by name of a tensor. */
  | { readonly kind: 'columns'; readonly columns: Fields }
  /** A list without names, nested as its tensor is, or a single value. */
  | { readonly kind: 'values'; readonly values: unknown }

export type Rows = readonly (readonly unknown[])[]

/** An object of JSON. */
export type Fields = Readonly<Record<string, unknown>>

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The record that a row of a table is. */
export function recordOf(columns: readonly string[], row: readonly unknown[]): Fields {
  return Object.fromEntries(columns.map((column, index) => [column, row[index] ?? null]))
}
