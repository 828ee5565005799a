import { stream, table } from '@pipewright/engine'
import * as z from 'zod'

/** A row of weather: a whole number, a text, a number, a truth, and a text that is often missing. */
export const Row = z.object({
  id: z.int(),
  date: z.string(),
  wind: z.number(),
  rain: z.boolean(),
  note: z.string().nullable(),
})
export type Row = z.output<typeof Row>

export const rowTable = table('rows', Row)
export const rowStream = stream('rows', Row)

const words = ['calm', 'gusts, later storm', 'fog', '"dry"', 'rain']

/** The row at a place: the same each time. */
export function rowAt(id: number): Row {
  return {
    id,
    date: new Date(1_325_376_000_000 + (id % 100_000) * 3_600_000).toISOString(),
    wind: Math.round(Math.abs(Math.sin(id)) * 1e6) / 1e5,
    rain: id % 3 === 0,
    note: id % 4 === 0 ? (words[id % words.length] ?? null) : null,
  }
}

export function rowsUpTo(count: number): readonly Row[] {
  return Array.from({ length: count }, (_, id) => rowAt(id))
}
