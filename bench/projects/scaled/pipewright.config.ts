import { defineProject } from '@pipewright/engine'

import { counted, crunching, short, twenty, wide } from '../../src/scale/pipelines.ts'

export default defineProject({ pipelines: [twenty, short, ...wide, crunching, counted] })
