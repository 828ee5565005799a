import {
  dataset,
  node,
  pipeline,
  type Dataset,
  type Isolation,
  type Node,
  type NodeContext,
  type Pipeline,
} from '@pipewright/engine'
import * as z from 'zod'

import { now } from './clock.ts'

/** What every node passes on: about 100 bytes of JSON, with the moment at which its function was called. */
export interface Passed {
  readonly id: number
  readonly label: string
  readonly at: number
  readonly values: readonly number[]
}

export const Passed: z.ZodType<Passed> = z.object({
  id: z.number(),
  label: z.string(),
  at: z.number(),
  values: z.array(z.number()),
})

/** A graph by its number of nodes and the nodes that each one reads from. */
export interface Shape {
  readonly nodes: number
  inputs(index: number): readonly number[]
  /** True for a node that throws. */
  fails?(index: number): boolean
}

/** Nodes in a row. */
export function chain(length: number): Shape {
  return { nodes: length, inputs: (index) => (index === 0 ? [] : [index - 1]) }
}

function fan(width: number): Shape {
  const middle = Array.from({ length: width }, (_, index) => index + 1)
  return {
    nodes: width + 2,
    inputs: (index) => (index === 0 ? [] : index <= width ? [0] : middle),
  }
}

/** Each node reads three nodes of the layer before it. */
export function layered(layers: number, width: number): Shape {
  return {
    nodes: layers * width,
    inputs(index) {
      const before = (Math.floor(index / width) - 1) * width
      return before < 0 ? [] : [0, 7, 14].map((step) => before + (((index % width) + step) % width))
    },
  }
}

function star(dependents: number): Shape {
  return { nodes: dependents + 1, inputs: (index) => (index === 0 ? [] : [0]) }
}

/** The shapes that are measured against the bare queue. */
export const measured: Readonly<Record<string, Shape>> = {
  chain: chain(500),
  fan: fan(1000),
  layered: layered(20, 50),
}

/** Shapes for measurements in which a node may take a second. */
export const small: Readonly<Record<string, Shape>> = {
  chain: chain(10),
  layered: layered(5, 40),
}

/** Shapes of 10,000 nodes, which must not hold Redis for long. */
export const large: Readonly<Record<string, Shape>> = {
  'fan 10,000': fan(10_000),
  'layered 100x100': layered(100, 100),
  '10,000 roots': { nodes: 10_000, inputs: () => [] },
  'failing root, 10,000 dependents': { ...star(10_000), fails: (index) => index === 0 },
}

/** What the nodes of a pipeline do. */
export type Body = (
  inputs: unknown,
  context: Pick<NodeContext<unknown>, 'runId' | 'node'>,
) => { readonly out: Passed } | Promise<{ readonly out: Passed }>

/** Makes the pipeline of a shape. */
export function pipelineOf(
  name: string,
  shape: Shape,
  isolation: Isolation,
  body: Body = pass,
): Pipeline {
  const made: Dataset[] = []
  const nodes: Node[] = []
  for (let index = 0; index < shape.nodes; index += 1) {
    const out = dataset(`d${index}`, Passed)
    const inputs: Record<string, Dataset> = {}
    for (const producer of shape.inputs(index)) {
      // Producers come before their dependents.
      inputs[`d${producer}`] = made[producer] as Dataset
    }
    const run = shape.fails?.(index) ? fail : body
    nodes.push(node({ name: `n${index}`, inputs, outputs: { out }, isolation, run }))
    made.push(out)
  }
  return pipeline(name, nodes)
}

/** Name of the pipeline of a measured shape. */
export function pipelineName(shape: string, isolation: Isolation): string {
  return `${shape}-${isolation}`
}

/** Name of the pipeline of a large shape: pipelines are named without spaces and commas. */
export function largeName(shape: string): string {
  return shape.replaceAll(/[^a-z0-9]+/g, '-')
}

/** Passes a small dataset on. */
export function pass(): { readonly out: Passed } {
  return { out: { id: 1, label: 'a small dataset', at: now(), values: [1, 2, 3, 4, 5, 6, 7, 8] } }
}

function fail(): { readonly out: Passed } {
  throw new Error('fails on purpose')
}
