import { defineProject } from '@pipewright/engine'

import { training } from './pipelines.ts'

export default defineProject({ pipelines: [training] })
