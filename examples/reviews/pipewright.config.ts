import { defineProject } from '@pipewright/engine'

import { etl } from './pipelines/etl.ts'
import { inference, training } from './pipelines/training.ts'

export default defineProject({ pipelines: [etl, training, inference] })
