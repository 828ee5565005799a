import { pipeline, type Pipeline } from '@pipewright/engine'

import { effectNode } from '../../fixture/effect-node.ts'
import { paced } from '../../fixture/setting.ts'

const light = { work: paced, isolation: 'inline' } as const

/** The next version of the pipelines: one is the same, one has changed, one is new. */
export const after: readonly Pipeline[] = [
  pipeline('steady', [
    effectNode('begin', light),
    effectNode('middle', { ...light, after: ['begin'] }),
    effectNode('end', { ...light, after: ['middle'] }),
  ]),
  pipeline('changing', [
    effectNode('source', light),
    effectNode('left', { ...light, after: ['source'] }),
    effectNode('right', { ...light, after: ['source'] }),
    effectNode('changed', { ...light, after: ['left', 'right'] }),
    effectNode('added', { ...light, after: ['changed'] }),
  ]),
  pipeline('fresh', [effectNode('only', light), effectNode('last', { ...light, after: ['only'] })]),
]

/** Nodes, as `pipeline/node`, that only this version has as its runs need them. */
export const onlyAfter: readonly string[] = [
  'changing/changed',
  'changing/added',
  'fresh/only',
  'fresh/last',
]
