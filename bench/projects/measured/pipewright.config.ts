import { defineProject, type Isolation } from '@pipewright/engine'

import { measured, pipelineName, pipelineOf } from '../../src/shapes.ts'

const isolations: readonly Isolation[] = ['inline', 'thread']

export default defineProject({
  pipelines: Object.entries(measured).flatMap(([name, shape]) =>
    isolations.map((isolation) => pipelineOf(pipelineName(name, isolation), shape, isolation)),
  ),
})
