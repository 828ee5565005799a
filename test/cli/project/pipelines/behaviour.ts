import { setTimeout as sleep } from 'node:timers/promises'

import { dataset, node, pipeline } from '@pipewright/engine'
import * as z from 'zod'

const made = dataset('made', z.object({ list: z.array(z.number()) }))
const used = dataset('used', z.number())
const other = dataset('other', z.number())

const make = node({
  name: 'make',
  inputs: {},
  outputs: { made },
  run: () => ({ made: { list: [1, 2] } }),
})

const fail = node({
  name: 'fail',
  inputs: { made },
  outputs: { used },
  run(): { used: number } {
    throw new RangeError('no such thing')
  },
})

const skipped = node({
  name: 'skipped',
  inputs: { used },
  outputs: {},
  run() {},
})

const independent = node({
  name: 'independent',
  inputs: { made },
  outputs: { other },
  run: () => ({ other: 1 }),
})

export const failing = pipeline('failing', [make, fail, skipped, independent])

const twice = node({
  name: 'twice',
  inputs: {},
  outputs: { other },
  retries: 1,
  backoff: { delay: 1 },
  run(_, { attempt }) {
    if (attempt === 1) throw new Error('not yet')
    return { other: attempt }
  },
})

export const flaky = pipeline('flaky', [twice])

const wait = node({
  name: 'wait',
  inputs: {},
  outputs: { other },
  async run(_, { signal }) {
    await sleep(60_000, undefined, { signal })
    return { other: 1 }
  },
})

export const slow = pipeline('slow', [wait])

const lie = node({
  name: 'lie',
  inputs: {},
  outputs: { made },
  // What the schema refuses, past the compiler: this is how a wrong value of an outside source arrives.
  run: () => ({ made: { list: [1, JSON.parse('"two"') as number] } }),
})

export const wrong = pipeline('wrong', [lie])

const speak = node({
  name: 'speak',
  inputs: {},
  outputs: { other },
  run(_, { log }) {
    console.log('said by the node')
    log.warn('warned by the node')
    return { other: 1 }
  },
})

export const chatty = pipeline('chatty', [speak])
