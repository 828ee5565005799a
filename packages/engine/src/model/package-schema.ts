import * as z from 'zod'

/** Of the dataset of a packed model. */
export const packageSchema: z.ZodType<Uint8Array> = z.instanceof(Uint8Array)
