import { node } from '@pipewright/engine'

import { made, pass } from '../lib/datasets.ts'

export const n4 = node({
  name: 'n4',
  inputs: { passed: made(3) },
  outputs: { out: made(4) },
  run({ passed }) {
    return { out: pass(4, passed.sum + 4) }
  },
})
