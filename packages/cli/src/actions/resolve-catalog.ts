import { UsageError } from '@pipewright/engine'
import { catalogFor, didYouMean, type CatalogEntry } from '@pipewright/engine/internal'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import { openProject } from '../project/open-project.ts'
import { print, printJson } from '../terminal/output.ts'
import type { CatalogOptions } from './describe-catalog.ts'

/**
 * `catalog resolve [DATASET…]`: the catalog as it is after environments, references and factories, as YAML would hold it; or the
 * entries of these datasets, whether or not a pipeline has them.
 */
export async function resolveCatalog(
  names: readonly string[],
  options: CatalogOptions,
): Promise<ExitCode> {
  const { config, catalog } = await openProject({ env: options.env })
  const datasets = names.length === 0 ? catalog : catalogFor(config, names)
  const unknown = names.find((name) => !Object.hasOwn(datasets, name))
  if (unknown !== undefined) throw unresolved(unknown, Object.keys(catalog))
  const wanted = Object.entries(datasets).filter(
    ([name]) => names.length === 0 || names.includes(name),
  )
  if (options.json === true)
    printJson({ type: 'catalog', env: config.env, datasets: Object.fromEntries(wanted) })
  else print(wanted.map(([name, entry]) => entryLine(name, entry)).join('\n'))
  return exitCodes.succeeded
}

/** One entry in a line, under the names that `catalog.yml` has. */
function entryLine(name: string, entry: CatalogEntry): string {
  const { type, filepath, versioned, loadArgs, saveArgs, credentials, partitions, mlflow } = entry
  const settings = {
    type,
    ...(filepath === null ? {} : { filepath }),
    ...(versioned ? { versioned } : {}),
    ...(loadArgs && { load_args: loadArgs }),
    ...(saveArgs && { save_args: saveArgs }),
    ...(credentials && { credentials }),
    ...entry.settings,
  }
  const parts = Object.entries(settings).map(([key, value]) => `${key}: ${yamlOf(value)}`)
  const remarks = [
    partitions && ` # partitions: ${JSON.stringify(partitions)}`,
    mlflow && ` # in MLflow: ${JSON.stringify(mlflow)}`,
  ]
  return `${yamlOf(name)}: { ${parts.join(', ')} }${remarks.filter(Boolean).join('')}`
}

/** Plain where YAML reads it as the same text. JSON is YAML. */
function yamlOf(value: unknown): string {
  return typeof value === 'string' && /^[A-Za-z_][\w.-]*$/.test(value)
    ? value
    : JSON.stringify(value)
}

function unresolved(name: string, known: readonly string[]): UsageError {
  return new UsageError(
    'UNKNOWN_DATASET',
    `The catalog has no entry for "${name}", and no factory that its name fits.`,
    { hint: didYouMean(name, known, 'datasets') },
  )
}
