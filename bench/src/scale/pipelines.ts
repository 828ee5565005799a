import { appendFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

import type { Pipeline } from '@pipewright/engine'

import { chain, layered, pass, pipelineOf, type Body, type Shape } from '../shapes.ts'

/** Names the file into which the nodes of `counted` write that they ran. */
export const journalVariable = 'PIPEWRIGHT_BENCH_JOURNAL'

/** Milliseconds that a node of `short` and of the wide ones takes, without using a CPU. */
export const napMs = 50

/** Turns of the loop of a node of `crunch`: always the same work, so that two at once on one core take twice as long. */
const turns = 60_000_000

/** Nodes of `crunch`. */
const crunches = 40

const roots = (nodes: number): Shape => ({ nodes, inputs: () => [] })
const star = (dependents: number): Shape => ({
  nodes: dependents + 1,
  inputs: (index) => (index === 0 ? [] : [0]),
})

const nap: Body = async () => {
  await delay(napMs)
  return pass()
}

const crunch: Body = () => {
  let state = 1
  for (let turn = 0; turn < turns; turn += 1) state = (state * 1_103_515_245 + turn) % 2_147_483_647
  return { out: { ...pass().out, id: state } }
}

const writeDown: Body = (_inputs, { runId, node }) => {
  appendFileSync(process.env[journalVariable] ?? '', `${runId} ${node}\n`)
  return pass()
}

/** Twenty nodes in four layers: what a service enqueues. */
export const twenty: Pipeline = pipelineOf('twenty', layered(4, 5), 'inline')

/** Five nodes in a row. */
export const short: Pipeline = pipelineOf('short', chain(5), 'inline', nap)

/** Runs of 10,000 nodes that a short one comes behind. */
export const wide: readonly Pipeline[] = [
  pipelineOf('wide-roots', roots(10_000), 'inline', nap),
  pipelineOf('wide-star', star(9_999), 'inline', nap),
]

/** Nodes that do nothing but compute, each in a thread. */
export const crunching: Pipeline = pipelineOf('crunch', roots(crunches), 'thread', crunch)

/** Nodes that write down that they ran. */
export const counted: Pipeline = pipelineOf('counted', layered(20, 50), 'inline', writeDown)
