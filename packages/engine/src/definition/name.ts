import { PipelineError } from '../errors.ts'

const pattern = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,99}$/u
/** `#csv` for a dataset factory, `@arrow` for a variant, and what Kedro's own examples use. */
const datasetPattern = /^[\p{L}\p{N}_][\p{L}\p{N}_.#$+-]{0,99}(?:@[\p{L}\p{N}_.-]+)?$/u
const longest = 100
const refused = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Names of datasets, nodes, pipelines and params: up to 100 letters, digits, `_`, `-` and `.`, as in Kedro. They become
 * Redis keys, file names and MLflow keys, so nothing else is allowed; but names of datasets may hold `#`, `$` and `+` too,
 * for dataset factories, and one `@` before the name of a variant.
 *
 * @throws PipelineError `INVALID_NAME`
 */
export function assertName(kind: string, name: string): void {
  const isDataset = kind === 'dataset'
  const allowed = isDataset ? datasetPattern : pattern
  if (
    typeof name === 'string' &&
    name.length <= longest &&
    allowed.test(name) &&
    !refused.has(name)
  )
    return
  const signs = isDataset ? '"_", "-", ".", "#", "$" and "+"' : '"_", "-" and "."'
  const variant = isDataset ? ' One "@" may lead to the name of a variant.' : ''
  throw new PipelineError(
    'INVALID_NAME',
    `${JSON.stringify(name)} cannot be the name of a ${kind}.`,
    {
      hint: `Use 1 to 100 letters, digits, ${signs}, beginning with a letter, a digit or "_".${variant}`,
    },
  )
}
