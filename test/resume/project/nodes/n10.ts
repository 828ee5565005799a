import { node } from '@pipewright/engine'

import { made, pass } from '../lib/datasets.ts'

export const n10 = node({
  name: 'n10',
  inputs: { passed: made(9) },
  outputs: { out: made(10) },
  run({ passed }) {
    return { out: pass(10, passed.sum + 10) }
  },
})
