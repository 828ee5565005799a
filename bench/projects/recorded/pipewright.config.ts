import { defineProject } from '@pipewright/engine'

import { chain100, recorded, single } from '../../src/recording/pipelines.ts'

export default defineProject({ pipelines: [recorded, chain100, single] })
