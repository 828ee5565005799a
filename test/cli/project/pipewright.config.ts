import { defineProject } from '@pipewright/engine'

import { chatty, failing, flaky, slow, wrong } from './pipelines/behaviour.ts'
import { training } from './pipelines/training.ts'

export default defineProject({ pipelines: [training, failing, flaky, slow, wrong, chatty] })
