import { pipeline } from '@pipewright/engine'

import { createInstances, createLabels } from '../nodes/etl.ts'

/** From the file to texts and their labels. */
export const etl = pipeline('etl', [createInstances, createLabels])
