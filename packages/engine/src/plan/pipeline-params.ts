import type { z } from 'zod'

import type { Pipeline } from '../definition/pipeline.ts'
import { PipelineError } from '../errors.ts'

/** A param of a pipeline and the nodes that use it. */
export interface PipelineParam {
  /** The name by which users set it. */
  readonly name: string
  readonly schema: z.ZodType
  readonly nodes: readonly string[]
}

/**
 * Every param of a pipeline by the name by which users set it.
 *
 * @throws PipelineError `PARAM_CONFLICT` when one name has two schemas
 */
export function pipelineParams(pipeline: Pipeline): ReadonlyMap<string, PipelineParam> {
  const params = new Map<string, { name: string; schema: z.ZodType; nodes: string[] }>()
  for (const node of pipeline.nodes) {
    for (const { name, schema } of node.params) {
      const known = params.get(name)
      if (known === undefined) {
        params.set(name, { name, schema, nodes: [node.name] })
      } else if (known.schema === schema) {
        known.nodes.push(node.name)
      } else {
        throw new PipelineError(
          'PARAM_CONFLICT',
          `Pipeline "${pipeline.name}": nodes "${known.nodes[0]}" and "${node.name}" declare the param "${name}" with two different schemas.`,
          { hint: 'Define it once with param(name, schema), export it and use it in both nodes.' },
        )
      }
    }
  }
  return params
}
