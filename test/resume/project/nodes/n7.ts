import { node } from '@pipewright/engine'

import { made, pass } from '../lib/datasets.ts'

export const n7 = node({
  name: 'n7',
  inputs: { passed: made(6) },
  outputs: { out: made(7) },
  run({ passed }) {
    return { out: pass(7, passed.sum + 7) }
  },
})
