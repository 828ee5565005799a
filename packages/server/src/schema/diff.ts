import { RunDiff } from '@pipewright/engine/client'
import type * as z from 'zod'

import { answer } from './registry.ts'

/** What differs between two runs. */
export const RunDiffAnswer: z.ZodType = answer('RunDiff', RunDiff)
