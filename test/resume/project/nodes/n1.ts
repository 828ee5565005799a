import { node } from '@pipewright/engine'

import { made, numbers, pass } from '../lib/datasets.ts'

export const n1 = node({
  name: 'n1',
  inputs: { numbers },
  outputs: { out: made(1) },
  run({ numbers }) {
    return { out: pass(1, numbers.length) }
  },
})
