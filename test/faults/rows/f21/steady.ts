import { pipeline, type Node, type Pipeline } from '@pipewright/engine'

import { effectNode } from '../../fixture/effect-node.ts'
import { paced } from '../../fixture/setting.ts'

/** A node that takes its time in the worker's own thread. */
export function light(name: string, ...after: readonly string[]): Node {
  return effectNode(name, { work: paced, isolation: 'inline', after })
}

/** Is the same in both versions. */
export const steady: Pipeline = pipeline('steady', [
  light('begin'),
  light('middle', 'begin'),
  light('end', 'middle'),
])

/** What `changing` begins with in both versions: two nodes beside each other. */
export const begins: readonly Node[] = [
  light('source'),
  light('left', 'source'),
  light('right', 'source'),
]

/** A pipeline that only one of the versions has. */
export function brief(name: string): Pipeline {
  return pipeline(name, [light('only'), light('last', 'only')])
}
