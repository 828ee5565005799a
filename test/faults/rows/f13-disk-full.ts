import { scaled } from '../random.ts'
import { resultOf } from '../result.ts'
import type { FaultRow } from '../row.ts'
import { crowd } from './f13/crowding.ts'

/** The disk of the store and of published datasets is full, and has room again. */
export const row: FaultRow = {
  row: 'F13',
  fault: 'the disk of the store and of published datasets full, at any place of a write',
  expected:
    'the node fails with ENOSPC, no part of a dataset is ever visible, and what has retries goes on when there is room',
  async run(context) {
    const times = context.short ? 1 : scaled(30, context.scale, 2)
    const { checked, demands, kind } = await crowd(context, times)
    return resultOf('F13', times, [checked], {
      demands,
      notes: [`The disk is ${kind}; it was full ${times} times.`],
    })
  },
}
