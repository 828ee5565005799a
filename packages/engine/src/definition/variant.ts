/** Sign between the name of a dataset and that of a variant, as in Kedro: `rows@arrow`. */
const sign = '@'

/**
 * The dataset that a name means: `rows` for its variants `rows@arrow` and `rows@csv`, which are one dataset in a pipeline,
 * written and read in different ways.
 */
export function datasetOf(name: string): string {
  const at = name.indexOf(sign)
  return at === -1 ? name : name.slice(0, at)
}

/**
 * What is kept of a dataset under its own name or that of a variant.
 *
 * @param kept By the names under which nodes made them.
 */
export function findKept<Kept>(
  kept: Readonly<Record<string, Kept>>,
  name: string,
): Kept | undefined {
  if (Object.hasOwn(kept, name)) return kept[name]
  const dataset = datasetOf(name)
  const made = Object.keys(kept).find((other) => datasetOf(other) === dataset)
  return made === undefined ? undefined : kept[made]
}

/** The name of a dataset as part of a file name among MLflow's artifacts, which takes none of `#`, `$`, `+` and `@`. */
export function fileStem(name: string): string {
  return name.replaceAll(/[#$+@]/g, '_')
}
