import type { KnownVersion, Registry } from '@pipewright/mlflow-adapter'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import type { OutputOptions } from '../options/output-options.ts'
import { withRegistry } from '../services/with-registry.ts'
import { momentText } from '../terminal/duration-text.ts'
import { print, printJson, printNotice } from '../terminal/output.ts'
import { tableText } from '../terminal/table-text.ts'

type ListOptions = OutputOptions & { readonly env?: string }

/** `models list [NAME]`: all registered models, or the versions of one. */
export async function listModels(
  name: string | undefined,
  options: ListOptions,
): Promise<ExitCode> {
  await withRegistry(options, (registry) =>
    name === undefined ? listAll(registry, options) : listVersions(registry, name, options),
  )
  return exitCodes.succeeded
}

async function listAll(registry: Registry, { json }: ListOptions): Promise<void> {
  const models = await registry.models()
  if (json === true) for (const model of models) printJson({ type: 'model', ...model })
  else if (models.length === 0)
    printNotice('There are no models yet. Train one: see docs/guides/models.md')
  else
    print(
      tableText([
        ['model', 'champion', 'challenger', 'other aliases'],
        ...models.map(({ name, aliases }) => {
          const of = (wanted: string): string =>
            aliases.find(({ alias }) => alias === wanted)?.version ?? '-'
          const others = aliases
            .filter(({ alias }) => alias !== 'champion' && alias !== 'challenger')
            .map(({ alias, version }) => `${alias}=${version}`)
          return [name, of('champion'), of('challenger'), others.join(' ')]
        }),
      ]),
    )
}

async function listVersions(
  registry: Registry,
  name: string,
  { json }: ListOptions,
): Promise<void> {
  const versions = await registry.versions(name)
  const rows: (readonly string[])[] = []
  for (const version of versions) {
    const { metric } = version.evaluation ?? {}
    // oxlint-disable-next-line no-await-in-loop -- one question after the other spares the server
    const measured = await registry.measured(version)
    if (json === true) printJson({ type: 'version', ...version, ...measured })
    const value = metric === undefined ? undefined : measured.metrics[metric]
    rows.push(row(version, value === undefined ? '' : `${metric}=${value}`))
  }
  if (json === true) return
  print(tableText([['version', 'aliases', 'made', 'measured', 'run'], ...rows]))
}

function row(
  { version, aliases, createdAt, run }: KnownVersion,
  measured: string,
): readonly string[] {
  return [
    version,
    aliases.map((alias) => `@${alias}`).join(' '),
    momentText(createdAt),
    measured,
    run,
  ]
}
