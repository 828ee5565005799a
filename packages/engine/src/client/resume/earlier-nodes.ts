import type { Redis } from 'ioredis'

import { formText } from '../../plan/form-text.ts'
import type { EarlierNode } from '../../plan/resume-plan.ts'
import * as keys from '../../redis/keys.ts'
import { DatasetReference } from '../../run/dataset-reference.ts'
import { recordedNodes, type RecordedNode, type RecordedRun } from '../diff/recorded-node.ts'

/** The node runs of a run as whoever resumes it compares them with the project of now, by the names of their nodes. */
export function earlierNodes(recorded: RecordedRun): ReadonlyMap<string, EarlierNode> {
  return new Map(
    [...recordedNodes(recorded)].map(([name, each]) => [name, earlierNode(each)] as const),
  )
}

function earlierNode({ nodeRun, basis, made }: RecordedNode): EarlierNode {
  const { record, error } = nodeRun
  const forms = (record?.outputs ?? []).map((reference) => [reference.dataset, formText(reference)])
  return {
    status: nodeRun.status,
    basis: {
      ...basis,
      outputs: { ...basis.outputs, ...(Object.fromEntries(forms) as Record<string, string>) },
    },
    made,
    ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
    choice: record?.choice,
    elements: record?.elements,
  }
}

/** The references of what a node run made, with values that lie in the ledger. */
export async function readMade(
  redis: Redis,
  prefix: string,
  run: string,
  datasets: readonly string[],
): Promise<readonly DatasetReference[]> {
  if (datasets.length === 0) return []
  const texts = await redis.hmget(keys.data(prefix, run), ...datasets)
  return texts.flatMap((text) => (text === null ? [] : [DatasetReference.parse(JSON.parse(text))]))
}
