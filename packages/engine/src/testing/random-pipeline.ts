import * as z from 'zod'

import { dataset } from '../definition/dataset.ts'
import { node, type AnyNode } from '../definition/node.ts'
import { pipeline, type Pipeline } from '../definition/pipeline.ts'

/** Random numbers between 0 and 1 that are the same for the same seed (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * A random acyclic pipeline of 1 to 40 nodes in topological order, for property-style tests: up to four inputs each,
 * from earlier nodes or from outside, up to two outputs, up to two of three tags. Every node adds up its inputs.
 */
export function randomPipeline(random: () => number): Pipeline {
  const upTo = (limit: number): number => Math.floor(random() * limit)
  const made = ['in0', 'in1', 'in2'].map((name) => dataset(name, z.number()))
  const nodes: AnyNode[] = []
  for (let index = 0, count = 1 + upTo(40); index < count; index++) {
    const read = Array.from({ length: upTo(5) }, () => made[upTo(made.length)] ?? made[0])
    const inputs = Object.fromEntries(read.flatMap((from) => (from ? [[from.name, from]] : [])))
    const outputs = Array.from({ length: upTo(3) }, (_, o) => dataset(`d${index}_${o}`, z.number()))
    nodes.push(
      node({
        name: `n${index}`,
        inputs,
        outputs: Object.fromEntries(outputs.map((output) => [output.name, output])),
        tags: ['red', 'green', 'blue'].filter(() => random() < 0.3),
        run: (values) => {
          const sum = Object.values(values).reduce((total, value) => total + value, 1)
          return Object.fromEntries(outputs.map((output) => [output.name, sum]))
        },
      }),
    )
    made.push(...outputs)
  }
  return pipeline('random', nodes)
}

/** The items in another order. */
export function shuffled<Item>(items: readonly Item[], random: () => number): readonly Item[] {
  return items
    .map((item) => ({ item, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item)
}
