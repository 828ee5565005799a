import { compareVersions, type Comparison } from '@pipewright/mlflow-adapter'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import type { OutputOptions } from '../options/output-options.ts'
import { withRegistry } from '../services/with-registry.ts'
import { momentText } from '../terminal/duration-text.ts'
import { print, printJson } from '../terminal/output.ts'
import { tableText } from '../terminal/table-text.ts'

/** `models compare NAME [ONE] [OTHER]`: two versions side by side. */
export async function compareModels(
  name: string,
  [one, other]: readonly [string, string],
  options: OutputOptions & { readonly env?: string },
): Promise<ExitCode> {
  const comparison = await withRegistry(options, (registry) =>
    compareVersions(registry, name, one, other),
  )
  if (options.json === true) printJson({ type: 'comparison', model: name, ...comparison })
  else print(comparisonText(comparison))
  return exitCodes.succeeded
}

function comparisonText({ versions, metrics, params, dataProblem, sameCode }: Comparison): string {
  const head = versions.map(({ version, aliases }) =>
    [`version ${version}`, ...aliases.map((alias) => `@${alias}`)].join(' '),
  )
  return [
    tableText([
      ['', ...head, 'difference'],
      ['made', ...versions.map(({ createdAt }) => momentText(createdAt))],
      ...metrics.map(({ name, values: [first, second] }) => [
        name,
        text(first),
        text(second),
        first === undefined || second === undefined ? '' : signed(second - first),
      ]),
      ...params.map(({ name, values }) => [`params.${name}`, ...values.map(text)]),
    ]),
    '',
    dataProblem === undefined
      ? 'measured on the same data'
      : `not comparable by their metrics: ${dataProblem}`,
    sameCode ? 'the same inference code' : 'different inference code',
  ].join('\n')
}

function text(value: number | string | undefined): string {
  return value === undefined ? '-' : String(value)
}

function signed(difference: number): string {
  if (difference === 0) return '='
  return `${difference > 0 ? '+' : ''}${Number(difference.toPrecision(6))}`
}
