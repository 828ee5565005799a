import { defineProject } from '@pipewright/engine'

import { training } from './pipelines/training.ts'

export default defineProject({ pipelines: [training] })
