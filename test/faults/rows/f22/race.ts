import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { pipeline, type NodeContext, type Pipeline } from '@pipewright/engine'

import { effectNode } from '../../fixture/effect-node.ts'
import { hold } from '../../fixture/setting.ts'

/** Where bodies write while they run, in the project's root: run and time. A body that is ended writes nothing else. */
export const pulseFile = 'pulses'

const every = 20

type Body = (context: NodeContext<unknown>) => Promise<void> | void

function pulse({ runId }: NodeContext<unknown>): void {
  appendFileSync(join(process.cwd(), pulseFile), `${runId} ${Date.now()}\n`)
}

/** Ends when its signal says so. */
function heedful(length: number): Body {
  return async (context) => {
    for (let at = 0; at < length; at += every) {
      pulse(context)
      await wait(every, undefined, { signal: context.signal })
    }
  }
}

/** Waits, and does not care for its signal. */
function deaf(length: number): Body {
  return async (context) => {
    for (let at = 0; at < length; at += every) {
      pulse(context)
      await wait(every)
    }
  }
}

/** Never lets its event loop turn, so that it cannot learn of its signal. */
function busy(length: number): Body {
  return (context) => {
    for (let at = 0; at < length; at += every) {
      pulse(context)
      hold(every)
    }
  }
}

/** Bodies of each kind, in each isolation that bears it, and a node behind each. */
function race(name: string, length: number): Pipeline {
  const nodes = [
    effectNode('inline', { isolation: 'inline', work: heedful(length) }),
    effectNode('heedful', { isolation: 'thread', work: heedful(length) }),
    effectNode('deaf', { isolation: 'process', work: deaf(length) }),
    effectNode('busy', { isolation: 'process', work: busy(length) }),
  ]
  return pipeline(name, [
    ...nodes,
    ...nodes.map((node) =>
      effectNode(`after_${node.name}`, { after: [node.name], isolation: 'inline' }),
    ),
  ])
}

/** Bodies that end about when they are cancelled. */
export const briefRace: Pipeline = race('brief_race', 200)
/** Bodies that do not end by themselves in time. */
export const longRace: Pipeline = race('long_race', 8000)
