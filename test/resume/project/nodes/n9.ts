import { node } from '@pipewright/engine'

import { made, pass } from '../lib/datasets.ts'

export const n9 = node({
  name: 'n9',
  inputs: { passed: made(8) },
  outputs: { out: made(9) },
  run({ passed }) {
    return { out: pass(9, passed.sum + 9) }
  },
})
