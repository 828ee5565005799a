import { pipeline, type Pipeline } from '@pipewright/engine'

import { begins, brief, light, steady } from './steady.ts'

/** The next version of the pipelines: one is the same, one has changed, one is new. */
export const after: readonly Pipeline[] = [
  steady,
  pipeline('changing', [...begins, light('changed', 'left', 'right'), light('added', 'changed')]),
  brief('fresh'),
]

/** Nodes, as `pipeline/node`, that only this version has as its runs need them. */
export const onlyAfter: readonly string[] = [
  'changing/changed',
  'changing/added',
  'fresh/only',
  'fresh/last',
]
