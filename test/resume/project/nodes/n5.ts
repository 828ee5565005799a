import { node } from '@pipewright/engine'
import * as z from 'zod'

import { made, pass } from '../lib/datasets.ts'

export const n5 = node({
  name: 'n5',
  inputs: { passed: made(4) },
  outputs: { out: made(5) },
  params: z.object({ gain: z.number().default(1) }),
  run({ passed }, { params }) {
    return { out: pass(5, passed.sum * params.gain) }
  },
})
