import { dataset, inferencePipeline, node, pipeline, table } from '@pipewright/engine'
import * as z from 'zod'

/** Offers with text, numbers that may be missing, whole numbers and truths: what a table of MLflow can hold. */
export const offers = table(
  'offers',
  z.object({
    place: z.string(),
    area: z.number(),
    rooms: z.int(),
    age: z.number().nullable(),
    floor: z.number().optional(),
    hasGarden: z.boolean(),
  }),
)
export const features = dataset('features', z.array(z.array(z.number())))
export const paid = dataset('paid', z.array(z.number()))
export const rates = dataset('rates', z.array(z.number()))
export const prices = table(
  'prices',
  z.object({ price: z.number(), isKnown: z.boolean(), note: z.string().nullable() }),
)

export const prepare = node({
  name: 'prepare',
  inputs: { offers },
  outputs: { features },
  tags: ['inference'],
  run: ({ offers }) => ({
    features: offers.map((offer) => [
      1,
      offer.area,
      offer.rooms,
      offer.age ?? 30,
      offer.floor ?? 0,
      offer.hasGarden ? 1 : 0,
      offer.place.length,
    ]),
  }),
})

export const train = node({
  name: 'train',
  inputs: { features, paid },
  outputs: { rates },
  run: ({ features, paid }) => ({
    rates: (features[0] ?? []).map((_, at) =>
      features.reduce((sum, row, index) => sum + (row[at] ?? 0) * (paid[index] ?? 0) * 1e-5, 0.1),
    ),
  }),
})

export const predict = node({
  name: 'predict',
  inputs: { features, offers, rates },
  outputs: { prices },
  run: ({ features, offers, rates }) => ({
    prices: features.map((row, index) => ({
      price: row.reduce((sum, value, at) => sum + value * (rates[at] ?? 0), 0) / 3,
      isKnown: (offers[index]?.age ?? null) !== null,
      note: index % 2 === 0 ? (offers[index]?.place ?? null) : null,
    })),
  }),
})

export const priced = inferencePipeline(pipeline('pricing', [prepare, train]), {
  name: 'prices',
  input: offers,
  output: prices,
  tag: 'inference',
  nodes: [predict],
  code: import.meta.url,
})
