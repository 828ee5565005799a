import { pipeline, type Pipeline } from '@pipewright/engine'

import { begins, brief, light, steady } from './steady.ts'

/** The pipelines as they are deployed: one is the same in the next version, one changes, one is gone. */
export const before: readonly Pipeline[] = [
  steady,
  pipeline('changing', [...begins, light('changed', 'left'), light('removed', 'changed', 'right')]),
  brief('gone'),
]

/** Nodes, as `pipeline/node`, that only this version has as its runs need them. */
export const onlyBefore: readonly string[] = [
  'changing/changed',
  'changing/removed',
  'gone/only',
  'gone/last',
]
