import { dataset, node, pipeline, type Node, type Pipeline } from '@pipewright/engine'
import * as z from 'zod'

import { effectNode } from '../../fixture/effect-node.ts'
import { effectOf, enter } from '../../fixture/journal.ts'

/** Characters of each large output: too many for the ledger. */
export const bulk: number = 2 ** 20

/** What a whole output looks like: one letter, so that a part of another one shows. */
export const Whole: z.ZodType<string> = z
  .string()
  .regex(/^(.)\1*$/)
  .length(bulk)

/** A node with a large output, which the store must take. */
function bulky(name: string, retries: number): Node {
  return node({
    name,
    inputs: {},
    outputs: { bulk: dataset(`${name}_bulk`, Whole) },
    retries,
    backoff: { delay: 100, jitter: 0 },
    run(_inputs, context) {
      enter(effectOf(context, 'started', { inputs: {} }))
      enter(effectOf(context, 'ended'))
      return { bulk: String(context.attempt % 10).repeat(bulk) }
    },
  })
}

/** A node whose output finds no room, one that tries until it does, one that reads it, and one that needs no room. */
export const crowded: Pipeline = pipeline('crowded', [
  bulky('denied', 0),
  bulky('patient', 300),
  reader('patient'),
  effectNode('modest'),
])

/** A node whose output the catalog lists, so that it is written to a place that others read. */
export const listed: Pipeline = pipeline('crowded_listed', [
  bulky('published', 0),
  reader('published'),
])

function reader(of: string): Node {
  return node({
    name: `reader_of_${of}`,
    inputs: { bulk: dataset(`${of}_bulk`, Whole) },
    outputs: {},
    run(_inputs, context) {
      enter(effectOf(context, 'started', { inputs: {} }))
      enter(effectOf(context, 'ended'))
      return {}
    },
  })
}
