import type { Plan } from '@pipewright/engine/internal'

const places = /\[\d+\]/g

/** The node that an instance belongs to: `score` of `score[17]`, `tune/fit` of `tune[3]/fit[5]`. */
export function nodeOf(instance: string): string {
  return instance.replaceAll(places, '')
}

/** True for one instance of many of the same node, such as `score[17]`. */
function isMapped(instance: string): boolean {
  return nodeOf(instance) !== instance
}

/** Which mapped node runs have a row of a table in place of a run of their own: all of them, when there are too many. */
export function isTabled(
  { mapped }: { readonly mapped: 'runs' | 'table' },
  instance: string,
): boolean {
  return mapped === 'table' && isMapped(instance)
}

/** How the mapped node runs of a plan are recorded, when at most `most` of them may have runs of their own. */
export function recordingOfMapped(plan: Plan | undefined, most: number): 'runs' | 'table' {
  const mapped = plan?.nodes.filter(({ name }) => isMapped(name)).length ?? 0
  return mapped > most ? 'table' : 'runs'
}
