import { runPipeline } from '@pipewright/engine/testing'

import { priced } from './project/prices.ts'

const places = ['Ulm', 'Köln', '"Bad" Homburg, a. d. H.', '東京', "l'Île"]

/** An offer, with values missing here and there. */
export interface Offer {
  readonly place: string
  readonly area: number
  readonly rooms: number
  readonly age: number | null
  readonly floor?: number
  readonly hasGarden: boolean
}

/** Offers of all kinds, always the same. */
export function offers(count: number): readonly Offer[] {
  return Array.from({ length: count }, (_, index) => ({
    place: `${places[index % places.length]} ${'x'.repeat(index % 11)}`,
    area: 20 + ((index * 37) % 1000) / 7,
    rooms: 1 + (index % 6),
    age: index % 5 === 0 ? null : (index * 13) % 120,
    ...(index % 3 === 0 ? {} : { floor: index % 9 }),
    hasGarden: index % 2 === 0,
  }))
}

/** The model of the fixture, trained and packed in this process. */
export async function packedPrices(): Promise<Uint8Array> {
  const sample = offers(20)
  const run = await runPipeline(priced.training, {
    inputs: { offers: sample, paid: sample.map(({ area }) => Math.round(area * 3000)) },
  })
  const failed = run.nodes.find(({ error }) => error !== undefined)
  if (failed?.error !== undefined) throw new Error(`${failed.name}: ${failed.error.message}`)
  return run.output(priced.model)
}
