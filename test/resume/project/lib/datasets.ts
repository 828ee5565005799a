import { appendFileSync } from 'node:fs'
import { join } from 'node:path'

import { dataset, type Dataset } from '@pipewright/engine'
import * as z from 'zod'

/** Large enough to lie in a file. */
const Passed = z.object({ sum: z.number(), padding: z.string() })
export type Passed = z.infer<typeof Passed>

export const numbers = dataset('numbers', z.array(z.number()))
export const extra = dataset('extra', z.object({ weight: z.number() }))
const all = Array.from({ length: 11 }, (_, index) => dataset(`d${index}`, Passed))

/** What node `index` makes. */
export function made(index: number): Dataset<`d${number}`, Passed> {
  const found = all[index]
  if (found === undefined) throw new Error(`There is no node ${index}.`)
  return found
}

/** What node `index` makes, and a line in the journal of bodies that ran. */
export function pass(index: number, sum: number): Passed {
  appendFileSync(join(import.meta.dirname, '..', 'journal.txt'), `n${index}\n`)
  return { sum, padding: 'x'.repeat(5000) }
}
