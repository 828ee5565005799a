import { parseArgs } from 'node:util'

/** What `npm run faults` was asked for. */
export interface FaultOptions {
  readonly help: boolean
  readonly json: boolean
  readonly report: boolean
  /** Rows as `npm test` does them. */
  readonly short: boolean
  readonly seed: number
  readonly scale: number
  /** Names of rows, in the order of the matrix; all when undefined. */
  readonly rows: readonly string[] | undefined
}

export const help = `npm run faults -- [options]

  --seed N        the same seed does the same faults at the same places (default 1)
  --rows F1,F5    these rows only (default all)
  --scale 0.1     size of each row: 1 is the long suite, about an hour (default 1)
  --short         each row as npm test does it, a few seconds each; writes no report
  --json          one JSON object on standard output, everything else on standard error
  --no-report     leave docs/fault-report.md as it is
  --help          this text

Exits with 1 when a row does not pass, and with 2 when it cannot read its options.`

/**
 * Reads the options.
 *
 * @param known Names of the rows that there are.
 * @throws TypeError for an option that is not known or has a wrong value
 */
export function parseOptions(argv: readonly string[], known: readonly string[]): FaultOptions {
  const { values } = parseArgs({
    args: [...argv],
    allowNegative: true,
    options: {
      help: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      report: { type: 'boolean', default: true },
      short: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      scale: { type: 'string' },
      rows: { type: 'string' },
    },
  })
  return {
    help: values.help,
    json: values.json,
    report: values.report && !values.short,
    short: values.short,
    seed: seedOf(values.seed),
    scale: scaleOf(values.scale ?? (values.short ? '0.05' : '1')),
    rows: values.rows === undefined ? undefined : rowsOf(values.rows, known),
  }
}

function seedOf(text: string): number {
  const seed = Number(text)
  if (/^\d+$/.test(text) && seed < 2 ** 32) return seed
  throw new TypeError(`--seed takes a whole number from 0 to 4294967295, not "${text}".`)
}

function scaleOf(text: string): number {
  const scale = Number(text)
  if (text.trim() !== '' && scale > 0 && scale <= 10) return scale
  throw new TypeError(`--scale takes a number above 0 and at most 10, not "${text}".`)
}

function rowsOf(text: string, known: readonly string[]): readonly string[] {
  const names = text.split(',').map((name) => name.trim().toUpperCase())
  const unknown = names.find((name) => !known.includes(name))
  if (unknown === undefined) return known.filter((name) => names.includes(name))
  throw new TypeError(`There is no row "${unknown}". There are: ${known.join(', ')}.`)
}
