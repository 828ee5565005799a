import { node } from '@pipewright/engine'

import { made, pass } from '../lib/datasets.ts'

export const n2 = node({
  name: 'n2',
  inputs: { passed: made(1) },
  outputs: { out: made(2) },
  run({ passed }) {
    return { out: pass(2, passed.sum + 2) }
  },
})
