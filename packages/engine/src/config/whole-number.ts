import * as z from 'zod'

/** A whole number, or its digits as text: what `${oc.env:NAME}` gives is always text. */
export function wholeNumber(least: number): z.ZodType<number> {
  return z
    .union([
      z.number(),
      z
        .string()
        .regex(/^\d{1,15}$/)
        .transform(Number),
    ])
    .pipe(z.int().min(least))
}
