import type { ModelEvaluation } from '@pipewright/engine/model'
import * as z from 'zod'

import type { Tag } from '../rest/entities.ts'
import type { Tags } from '../tags.ts'

const metricTag = 'pipewright.evaluation.metric'
const betterTag = 'pipewright.evaluation.better'
const dataTag = 'pipewright.evaluation.data'

/** The version that was champion before this one was promoted. */
export const promotedFromTag = 'pipewright.promoted.from'
/** When it was promoted. */
export const promotedAtTag = 'pipewright.promoted.at'

const Data = z.record(z.string(), z.string())

/** Tags of a version that say by what it is compared with others. */
export function evaluationTags(evaluation: ModelEvaluation | undefined): Tags {
  if (evaluation === undefined) return {}
  return {
    [metricTag]: evaluation.metric,
    [betterTag]: evaluation.better,
    [dataTag]: JSON.stringify(evaluation.data),
  }
}

/** What {@link evaluationTags} said; undefined when a version has no such tags. */
export function evaluationOf(tags: readonly Tag[]): ModelEvaluation | undefined {
  const values = new Map(tags.map(({ key, value }) => [key, value]))
  const metric = values.get(metricTag)
  if (metric === undefined) return undefined
  const better = values.get(betterTag) === 'lower' ? 'lower' : 'higher'
  return { metric, better, data: dataOf(values.get(dataTag)) }
}

function dataOf(text: string | undefined): Readonly<Record<string, string>> {
  try {
    return Data.safeParse(JSON.parse(text ?? '{}')).data ?? {}
  } catch {
    return {}
  }
}
