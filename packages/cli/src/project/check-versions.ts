import { UsageError } from '@pipewright/engine'
import { didYouMean, type Catalog, type CompiledPlan } from '@pipewright/engine/internal'

/**
 * Checks that the datasets of `--load-versions` are inputs of the run which have versions.
 *
 * @throws UsageError `UNKNOWN_DATASET`, `DATASET_NOT_VERSIONED`
 */
export function checkVersions(
  { plan }: CompiledPlan,
  catalog: Catalog,
  versions: Readonly<Record<string, unknown>>,
): void {
  for (const dataset of Object.keys(versions)) {
    if (!plan.inputs.includes(dataset)) {
      throw new UsageError(
        'UNKNOWN_DATASET',
        `Pipeline "${plan.pipeline}" reads no dataset "${dataset}" from the catalog.`,
        { hint: didYouMean(dataset, plan.inputs, 'inputs') },
      )
    }
    if (catalog[dataset]?.versioned === true) continue
    const versioned = plan.inputs.filter((name) => catalog[name]?.versioned === true)
    throw new UsageError(
      'DATASET_NOT_VERSIONED',
      `Dataset "${dataset}" has no versions: its entry in the catalog is not \`versioned\`.`,
      {
        hint:
          versioned.length === 0
            ? 'Write versioned: true, or leave it out of --load-versions.'
            : `Inputs with versions: ${versioned.join(', ')}.`,
      },
    )
  }
}
