import { createHash } from 'node:crypto'

import * as z from 'zod'

/** What a labelled text is for: to learn from, to say when to stop, or to be examined on once. */
export const Part = z.enum(['training', 'validation', 'test'])
export type Part = z.infer<typeof Part>

/** Shares of all names. The rest is the training. */
export interface Shares {
  readonly validationShare: number
  readonly testShare: number
}

/**
 * The part of an entry, by its name: the same in every run, whatever else the corpus holds. Node describes `readFile`,
 * `readFileSync` and the `readFile` of promises in almost the same words, so all that have one name are in one part;
 * otherwise the test would ask for what was learnt by heart.
 */
export function partOf(name: string, seed: number, { validationShare, testShare }: Shares): Part {
  const family = name.replace(/Sync$/, '').toLowerCase()
  const draw = createHash('sha256').update(`${seed}/${family}`).digest().readUInt32BE() / 2 ** 32
  if (draw < testShare) return 'test'
  return draw < testShare + validationShare ? 'validation' : 'training'
}
