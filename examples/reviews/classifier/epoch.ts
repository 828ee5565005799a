import * as z from 'zod'

/** One pass of a training over its examples, and how the classifier did after it. */
export const Epoch = z.object({
  epoch: z.int().positive(),
  trainingLoss: z.number(),
  validationLoss: z.number(),
  trainingAccuracy: z.number(),
  validationAccuracy: z.number(),
})
export type Epoch = z.infer<typeof Epoch>
