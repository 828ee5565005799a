import { NodeWhy, RunWhy } from '@pipewright/engine/client'
import * as z from 'zod'

import { answer } from './registry.ts'

const words = {
  text: z.string().describe('The reason in words.'),
  todo: z.string().optional().describe('What one can do about it.'),
}

/** Why a run or a node of it is where it is. */
export const Why: z.ZodType = answer(
  'Why',
  z.object({
    ...words,
    why: z.union([answer('RunWhy', RunWhy), answer('NodeWhy', NodeWhy)]),
  }),
)
