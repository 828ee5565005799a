import { PipelineError } from '../errors.ts'

/** When a node runs, by how the nodes that it needs have ended. */
export type Trigger = 'allSucceeded' | 'anySucceeded' | 'allDone'

const triggers: readonly Trigger[] = ['allSucceeded', 'anySucceeded', 'allDone']

/** The trigger of a node when it is not the default. @throws PipelineError `INVALID_TRIGGER` */
export function triggerOf<T extends Trigger>(
  node: string,
  trigger: T | undefined,
): { readonly trigger?: T } {
  if (trigger === undefined || trigger === 'allSucceeded') return {}
  if (triggers.includes(trigger)) return { trigger }
  throw new PipelineError(
    'INVALID_TRIGGER',
    `Node "${node}" has the trigger ${JSON.stringify(trigger)}.`,
    { hint: `Give one of ${triggers.map((known) => `"${known}"`).join(', ')}.` },
  )
}
