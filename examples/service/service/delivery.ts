import * as z from 'zod'

/** What a station sends at the end of a day. */
export interface Delivery {
  /** The same when it is sent again. */
  readonly id: string
  readonly station: string
  readonly day: string
  /** Wind speeds in m/s. */
  readonly measured: readonly number[]
}

export const Delivery: z.ZodType<Delivery> = z.object({
  id: z.string().min(1).max(100),
  station: z.string().min(1).max(50),
  day: z.iso.date(),
  measured: z.array(z.number()).max(1440),
})
