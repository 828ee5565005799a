import { didYouMean } from '../definition/nearest.ts'
import { UsageError } from '../errors.ts'
import { isPlainObject } from './json-form.ts'

/** Of nested names; deeper objects can only be a mistake, and a cyclic one has no end. */
const deepest = 64

/**
 * Values of params by the names by which users set them, from flat names (`{ 'train.epochs': 50 }`), nested objects
 * (`{ train: { epochs: 50 } }`) or a mixture.
 *
 * @param known Names of the pipeline's params. An object under a known name is the param's value.
 * @param unknown What to do with a name that the pipeline does not know.
 * @throws UsageError `UNKNOWN_PARAM`
 */
export function paramValues(
  pipeline: string,
  given: Readonly<Record<string, unknown>>,
  known: ReadonlySet<string>,
  unknown: 'refuse' | 'ignore',
): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>()
  const visit = (name: string, value: unknown, depth: number): void => {
    if (value === undefined) return
    if (known.has(name)) {
      values.set(name, value)
    } else if (isPlainObject(value) && depth < deepest) {
      for (const [key, member] of Object.entries(value)) visit(`${name}.${key}`, member, depth + 1)
    } else if (unknown === 'refuse') {
      throw new UsageError('UNKNOWN_PARAM', `Pipeline "${pipeline}" has no param "${name}".`, {
        hint: didYouMean(name, known, 'params'),
      })
    }
  }
  for (const [name, value] of Object.entries(given)) visit(name, value, 0)
  return values
}
