/** How a CSV text is laid out. */
export interface CsvFormat {
  /** One character between cells. */
  readonly separator: string
  /** Cells without quotes that stand for no value, beside the empty one. */
  readonly missing: ReadonlySet<string>
}

/** As RFC 4180 has it. */
export const commas: CsvFormat = { separator: ',', missing: new Set() }
