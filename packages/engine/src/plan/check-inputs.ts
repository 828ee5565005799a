import { didYouMean } from '../definition/nearest.ts'
import { UsageError } from '../errors.ts'
import type { CompiledPlan } from './plan.ts'

/**
 * Checks that every free input of a plan lies somewhere.
 *
 * @param known Names of the datasets in the catalog, and of the inputs given for this run.
 * @throws UsageError `MISSING_INPUT`, for the first of them and with the number of the others
 */
export function checkInputs({ plan }: CompiledPlan, known: Iterable<string>): void {
  const names = new Set(known)
  const missing = plan.inputs.filter((input) => !names.has(input))
  const [first, ...others] = missing
  if (first === undefined) return
  const readers = plan.nodes.filter((node) => Object.values(node.inputs).includes(first))
  const listed = readers.slice(0, 3).map((node) => `"${node.name}"`)
  if (readers.length > 3) listed.push(`${readers.length - 3} more`)
  const made = plan.nodes.flatMap((node) => Object.values(node.outputs))
  const rest = others.length > 0 ? ` Missing too: ${others.slice(0, 10).join(', ')}.` : ''
  throw new UsageError(
    'MISSING_INPUT',
    `Pipeline "${plan.pipeline}": dataset "${first}", read by ${listed.join(', ')}, is made by no node, is not in the catalog and is not given.${rest}`,
    {
      hint: `Add "${first}" to catalog.yml, or give it as an input of the run. ${didYouMean(first, [...names, ...made], 'datasets')}`,
    },
  )
}
