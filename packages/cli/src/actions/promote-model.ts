import { promote, rollback, type PromoteOptions } from '@pipewright/mlflow-adapter'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import type { OutputOptions } from '../options/output-options.ts'
import { withRegistry } from '../services/with-registry.ts'
import { print, printJson } from '../terminal/output.ts'

/** Options of `models promote`, as the command line gives them. */
export type PromoteModelOptions = Omit<PromoteOptions, 'version'> &
  OutputOptions & { readonly env?: string }

/** `models promote NAME [VERSION]`: moves the alias when the gate lets the version through. */
export async function promoteModel(
  name: string,
  version: string,
  options: PromoteModelOptions,
): Promise<ExitCode> {
  const { metric, margin, better, alias = 'champion', force, dryRun } = options
  const result = await withRegistry(options, (registry) =>
    promote(registry, name, { version, metric, margin, better, alias, force, dryRun }),
  )
  const { verdict, promoted, replaced } = result
  if (options.json === true)
    printJson({
      type: 'promotion',
      model: name,
      alias,
      version: result.version.version,
      replaced: replaced?.version ?? null,
      promoted,
      dryRun: dryRun === true,
      verdict,
    })
  else {
    const subject = `version ${result.version.version} of ${name}`
    const instead = replaced === undefined ? '' : ` in place of version ${replaced.version}`
    print(`${verdict.passed ? 'passes' : 'refused'}: ${verdict.reason}`)
    if (promoted) print(`${subject} is ${alias} now${instead}`)
    else if (verdict.passed) print(`${subject} would become ${alias}${instead}`)
  }
  return promoted || (verdict.passed && dryRun === true) ? exitCodes.succeeded : exitCodes.failed
}

/** `models rollback NAME`: gives the alias back. */
export async function rollBackModel(
  name: string,
  options: OutputOptions & { readonly env?: string; readonly to?: string; readonly alias?: string },
): Promise<ExitCode> {
  const { alias = 'champion', to: target } = options
  const { from, to } = await withRegistry(options, (registry) =>
    rollback(registry, name, { to: target, alias }),
  )
  if (options.json === true)
    printJson({
      type: 'rollback',
      model: name,
      alias,
      from: from?.version ?? null,
      to: to.version,
    })
  else
    print(
      `version ${to.version} of ${name} is ${alias} again${from === undefined ? '' : `, in place of version ${from.version}`}`,
    )
  return exitCodes.succeeded
}
