import { defineProject } from '@pipewright/engine'

import { daily } from './pipelines/daily.ts'

export default defineProject({ pipelines: [daily] })
