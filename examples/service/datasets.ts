import { dataset } from '@pipewright/engine'
import * as z from 'zod'

/** Wind speeds of one day at one station, in m/s. */
export const readings = dataset('readings', z.array(z.number()))

/** What a day came to. */
export const report = dataset(
  'report',
  z.object({
    station: z.string(),
    day: z.string(),
    readings: z.int(),
    refused: z.int(),
    mean: z.number().nullable(),
    gust: z.number().nullable(),
  }),
)
