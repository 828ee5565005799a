import { Event } from '@pipewright/engine/internal'
import type * as z from 'zod'

import { answer } from './registry.ts'

/** What an event of a stream carries as its data. */
export const RunEvent: z.ZodType = answer('RunEvent', Event)
