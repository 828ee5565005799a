import { node } from '@pipewright/engine'

import { made, pass } from '../lib/datasets.ts'
import { three } from '../lib/three.ts'

export const n3 = node({
  name: 'n3',
  inputs: { passed: made(2) },
  outputs: { out: made(3) },
  run({ passed }) {
    return { out: pass(3, three(passed.sum)) }
  },
})
