import { pipeline, type Pipeline } from '@pipewright/engine'

import { effectNode } from '../../fixture/effect-node.ts'
import { paced } from '../../fixture/setting.ts'

const light = { work: paced, isolation: 'inline' } as const

/** The pipelines as they are deployed: one is the same in the next version, one changes, one is gone. */
export const before: readonly Pipeline[] = [
  pipeline('steady', [
    effectNode('begin', light),
    effectNode('middle', { ...light, after: ['begin'] }),
    effectNode('end', { ...light, after: ['middle'] }),
  ]),
  pipeline('changing', [
    effectNode('source', light),
    effectNode('left', { ...light, after: ['source'] }),
    effectNode('right', { ...light, after: ['source'] }),
    effectNode('changed', { ...light, after: ['left'] }),
    effectNode('removed', { ...light, after: ['changed', 'right'] }),
  ]),
  pipeline('gone', [effectNode('only', light), effectNode('last', { ...light, after: ['only'] })]),
]

/** Nodes, as `pipeline/node`, that only this version has as its runs need them. */
export const onlyBefore: readonly string[] = [
  'changing/changed',
  'changing/removed',
  'gone/only',
  'gone/last',
]
