import * as z from 'zod'

import { didYouMean } from '../definition/nearest.ts'
import { ConfigError } from '../errors.ts'
import { describeIssues } from './describe-issues.ts'

/**
 * The settings of a catalog entry, as a driver's schema has them.
 *
 * @param what Such as `load_args of a csv dataset`, for the message.
 * @throws ConfigError `DATASET_SETTING_INVALID`
 */
export function driverSettings<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  given: Readonly<Record<string, unknown>> | undefined,
  what: string,
): z.output<z.ZodObject<Shape>> {
  const result = schema.safeParse(given ?? {})
  if (result.success) return result.data
  const [issue] = result.error.issues
  const known = Object.keys(schema.shape)
  const hint =
    issue?.code === 'unrecognized_keys'
      ? didYouMean(issue.keys[0] ?? '', known, 'settings')
      : `The settings are ${known.join(', ')}.`
  throw new ConfigError(
    'DATASET_SETTING_INVALID',
    `Wrong ${what}: ${describeIssues(result.error.issues)}.`,
    { hint },
  )
}

/** A setting of a Python library that changes nothing here. It is taken, so that a catalog can be brought along. */
export const unheeded: z.ZodOptional<z.ZodUnknown> = z.unknown().optional()
