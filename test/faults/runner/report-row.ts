import type { RowOutcome } from './suite.ts'

/** What a report holds of one row: a line in each of its tables, and notes. */
export interface RowText {
  readonly matrix: string
  readonly figures: string
  readonly notes: string
}

/** Writes what a report holds of a row that was made with this seed at this scale. */
export function rowText(
  { fault, expected, result, seconds }: RowOutcome,
  seed: number,
  scale: number,
): RowText {
  const { row, bare } = result
  const beside = (ours: Figure, theirs: Figure | undefined): string =>
    bare === null ? shown(ours) : `${shown(ours)} / ${shown(theirs ?? null)}`
  const notes = [
    ...result.notes,
    ...(bare === null ? [] : [`Bare: ${bare.note ?? 'default settings'}.`]),
    `Seed ${seed}, scale ${scale}; took ${Math.round(seconds)} s.`,
  ]
  return {
    matrix: cells([row, fault, expected, result.pass ? 'passed' : '**did not pass**']),
    figures: cells([
      row,
      String(scale),
      beside(result.trials, bare?.trials),
      beside(result.lost, bare?.lost),
      beside(result.failedByInfrastructure, bare?.failedByInfrastructure),
      beside(result.rerunCommitted, bare?.rerunFinished),
      shown(result.duplicatesInMlflow),
      beside(seconds1(result.recoveryP95Ms), seconds1(bare?.recoveryP95Ms ?? null)),
    ]),
    notes: `### ${row}\n\n${notes.map((note) => `- ${oneLine(note)}`).join('\n')}\n`,
  }
}

/** Reads the rows of a report back. */
export function rowTextsOf(report: string): readonly (readonly [string, RowText])[] {
  const notes = new Map(
    report.split(/^(?=### F\d+$)/m).flatMap((part) => {
      const row = /^### (F\d+)$/m.exec(part)?.[1]
      return row === undefined ? [] : [[row, `${part.trimEnd()}\n`] as const]
    }),
  )
  return [...notes].flatMap(([row, text]) => {
    const lines = report.split('\n').filter((line) => new RegExp(`^\\| ${row} +\\|`).test(line))
    const [matrix, figures] = lines
    if (matrix === undefined || figures === undefined) return []
    return [[row, { matrix, figures, notes: text }] as const]
  })
}

type Figure = number | string | null

function shown(figure: Figure): string {
  return figure === null ? '–' : String(figure)
}

function seconds1(milliseconds: number | null): string | null {
  return milliseconds === null ? null : `${(milliseconds / 1000).toFixed(1)} s`
}

function cells(values: readonly string[]): string {
  return `| ${values.map((value) => oneLine(value).replaceAll('|', String.raw`\|`)).join(' | ')} |`
}

/** Paths of a stack are of one machine. */
function oneLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
