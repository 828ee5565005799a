import { pipeline } from '@pipewright/engine'

import { clean, summarise } from '../nodes/daily.ts'

/** A day of one station, from what its gauge has sent. */
export const daily = pipeline('daily', [clean, summarise], { concurrency: { perKey: 1 } })
