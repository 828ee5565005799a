import { dataset, node, pipeline, table } from '@pipewright/engine'
import * as z from 'zod'

const days = table('days', z.object({ day: z.int(), wind: z.number() }))
/** Too large for the ledger, and not in the catalog: it lies in the run's store. */
const features = dataset('features', z.array(z.object({ day: z.int(), wind: z.number() })))
export const model = dataset('model', z.object({ mean: z.number(), days: z.int() }))

export const training = pipeline('training', [
  node({
    name: 'prepare',
    inputs: { days },
    outputs: { features },
    run: ({ days: rows }) => ({ features: rows.filter(({ wind }) => wind > 0) }),
  }),
  node({
    name: 'train',
    inputs: { features },
    outputs: { model },
    params: z.object({ scale: z.number().default(1) }),
    run: ({ features: rows }, { params }) => {
      const sum = rows.reduce((total, { wind }) => total + wind, 0)
      return { model: { mean: (sum / rows.length) * params.scale, days: rows.length } }
    },
  }),
])
