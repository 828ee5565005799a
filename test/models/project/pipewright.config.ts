import { defineProject } from '@pipewright/engine'

import { sentiment } from './sentiment.ts'

export default defineProject({ pipelines: [sentiment.training, sentiment] })
