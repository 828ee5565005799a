import { node } from '@pipewright/engine'

import { extra, made, pass } from '../lib/datasets.ts'

export const n6 = node({
  name: 'n6',
  inputs: { passed: made(5), extra },
  outputs: { out: made(6) },
  run({ passed, extra }) {
    return { out: pass(6, passed.sum * extra.weight) }
  },
})
