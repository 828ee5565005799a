import { defineProject } from '@pipewright/engine'

import { careless, denied, honest } from './pipelines.ts'

export default defineProject({ pipelines: [honest, careless, ...denied] })
