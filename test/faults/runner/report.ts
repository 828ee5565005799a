import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'

import type { Machine } from './machine.ts'
import { rowText, rowTextsOf, type RowText } from './report-row.ts'
import type { RowOutcome } from './suite.ts'

/** What a report tells of one run of the suite. */
export interface SuiteReport {
  readonly machine: Machine
  readonly seed: number
  readonly scale: number
  readonly seconds: number
  readonly outcomes: readonly RowOutcome[]
}

/**
 * Writes the report. Rows of the report that is there are kept when they were made on the same machine with the same
 * versions; otherwise the new report has the new rows only. Each row tells its own seed and scale. Returns a line that says
 * what it holds.
 */
export async function writeReport(path: string, report: SuiteReport): Promise<string> {
  const before = await readFile(path, 'utf8').catch(() => '')
  const texts = new Map<string, RowText>(
    before.includes(origin(report)) ? rowTextsOf(before) : undefined,
  )
  const kept = [...texts.keys()].filter(
    (row) => !report.outcomes.some(({ result }) => result.row === row),
  )
  for (const outcome of report.outcomes) {
    texts.set(outcome.result.row, rowText(outcome, report.seed, report.scale))
  }
  const rows = [...texts].toSorted(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)))
  await writeFile(
    path,
    page(
      report,
      rows.map(([, text]) => text),
    ),
  )
  // As every document here: tables with columns of one width.
  await promisify(execFile)('oxfmt', [path])
  const note = kept.length === 0 ? '' : `; kept from before: ${kept.join(', ')}`
  return `docs/fault-report.md holds ${rows.map(([row]) => row).join(', ')}${note}`
}

/** Only figures of one origin can stand beside each other. */
function origin({ machine }: SuiteReport): string {
  const { cores, node, redis, bullmq } = machine
  return `On ${cores} cores with Node ${node}, ${redis} and BullMQ ${bullmq}.`
}

function page(report: SuiteReport, rows: readonly RowText[]): string {
  return `# Fault report

Made by \`npm run faults\`; do not edit. ${origin(report)}

Each row does one kind of fault to real processes and servers, and counts what came of it. _Bare_ is a plain BullMQ
worker under the same fault, on the same machine, in the same run. [What survives what](guides/durability.md) says what
is promised, and \`npm run faults -- --rows F1 --seed 1 --scale 1\` does one row again. A scale of 1 is the whole of a row;
less of it does fewer faults, or shorter ones.

## The matrix

| row | fault | expected | result |
|---|---|---|---|
${rows.map(({ matrix }) => matrix).join('\n')}

## Figures

Pipewright's, then those of bare BullMQ after a stroke; "–" where there is no such figure.

- **lost**: acknowledged runs, or nodes of them, that never ended or are gone
- **failed**: node runs that failed although their code did not
- **again**: committed node runs whose body ran again; for BullMQ, finished bodies that ran again
- **recovery**: 95th percentile of the time from the fault, or from its end, to the work going on

| row | scale | trials | lost | failed | again | duplicates in MLflow | recovery p95 |
|---|---|---|---|---|---|---|---|
${rows.map(({ figures }) => figures).join('\n')}

## Notes

${rows.map(({ notes }) => notes).join('\n')}`
}
