import { defineProject } from '@pipewright/engine'

import { pipelineOf, small } from '../../src/shapes.ts'

export default defineProject({
  pipelines: Object.entries(small).map(([name, shape]) => pipelineOf(name, shape, 'inline')),
})
