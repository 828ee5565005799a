import { smallShapes } from '../../fixture/pipelines/shapes.ts'

const [chain] = smallShapes
if (chain === undefined) throw new Error('the suite has no shapes')

/** The pipeline that clients enqueue under idempotency keys. */
export const keyed: typeof chain = chain
