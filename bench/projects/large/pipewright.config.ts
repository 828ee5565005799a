import { defineProject } from '@pipewright/engine'

import { large, largeName, pipelineOf } from '../../src/shapes.ts'

export default defineProject({
  pipelines: Object.entries(large).map(([name, shape]) =>
    pipelineOf(largeName(name), shape, 'inline'),
  ),
})
