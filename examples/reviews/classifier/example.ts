import * as z from 'zod'

/** A text as the classifier sees it: the weights of the terms that it has. All others are zero. */
export const Terms = z.array(z.object({ term: z.int().nonnegative(), weight: z.number() }))
export type Terms = z.infer<typeof Terms>

/** A text and its answer. */
export const Example = z.object({ terms: Terms, class: z.int().nonnegative() })
export type Example = z.infer<typeof Example>
