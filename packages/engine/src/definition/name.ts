import { PipelineError } from '../errors.ts'

const pattern = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,99}$/u
const refused = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Names of datasets, nodes, pipelines and params: up to 100 letters, digits, `_`, `-` and `.`, as in Kedro. They become
 * Redis keys, file names and MLflow keys, so nothing else is allowed.
 *
 * @throws PipelineError `INVALID_NAME`
 */
export function assertName(kind: string, name: string): void {
  if (typeof name === 'string' && pattern.test(name) && !refused.has(name)) return
  throw new PipelineError(
    'INVALID_NAME',
    `${JSON.stringify(name)} cannot be the name of a ${kind}.`,
    {
      hint: 'Use 1 to 100 letters, digits, "_", "-" and ".", beginning with a letter, a digit or "_".',
    },
  )
}
