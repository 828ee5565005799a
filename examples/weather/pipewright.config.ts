import { defineProject } from '@pipewright/engine'

import { retraining } from './pipelines/retraining.ts'
import { training } from './pipelines/training.ts'

export default defineProject({ pipelines: [training, retraining] })
