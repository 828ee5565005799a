import * as z from 'zod'

/** A whole number in a query. */
export function numberInQuery(
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): z.ZodType<number> {
  return z
    .string()
    .regex(/^-?[0-9]{1,16}$/, 'Expected a whole number')
    .transform(Number)
    .pipe(z.int().min(least).max(most))
}

/** What may be given once or several times in a query: `?status=failed&status=cancelled`. */
export function listInQuery<Item>(item: z.ZodType<Item>): z.ZodType<readonly Item[]> {
  return z.preprocess((given) => [given].flat(), z.array(item).max(20))
}
