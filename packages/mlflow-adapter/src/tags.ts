import type { NodeFailure, RunHeader } from '@pipewright/engine/internal'

import { mlflowKeys } from './key.ts'
import type { Tag } from './rest/entities.ts'
import { cut, longestTag } from './value.ts'

/** Tags by name, as the adapter thinks of them. */
export type Tags = Readonly<Record<string, string | number | undefined>>

/** Names of the tags by which the adapter finds its own runs. */
export const runTag = 'pipewright.run'
export const keyTag = 'pipewright.key'
export const statusTag = 'pipewright.status'
export const parentTag = 'mlflow.parentRunId'

/** Tags as MLflow takes them: keys spelled, values cut, the undefined left out. */
export function tagList(tags: Tags): readonly Tag[] {
  const names = Object.keys(tags).filter((name) => tags[name] !== undefined && tags[name] !== '')
  const keys = mlflowKeys(names)
  return names.map((name) => ({
    key: keys.get(name) ?? name,
    value: cut(String(tags[name]), longestTag),
  }))
}

/** What an attempt is called by: the record of it in MLflow carries this as `pipewright.key`. */
export function attemptKey(at: { run: string; node: string; attempt: number }): string {
  return `${at.run}/${at.node}/${at.attempt}`
}

/** Tags of a failure. */
export function failureTags(error: NodeFailure | undefined): Tags {
  return {
    'pipewright.error.code': error?.code,
    'pipewright.error.message': error?.message,
    'pipewright.error.hint': error?.hint,
    'pipewright.error.stack': error?.stack,
  }
}

/** What MLflow shows of any run, in columns of its own: who started it, and which code it ran. */
const ofAllRuns = ['mlflow.user', 'mlflow.source.git.commit', 'mlflow.source.git.branch'] as const

/** Tags that tell where a run of MLflow belongs. */
export function belongsTo(header: RunHeader): Tags {
  return {
    'mlflow.source.name': `pipewright ${header.pipeline}`,
    'mlflow.source.type': 'JOB',
    'pipewright.pipeline': header.pipeline,
    [runTag]: header.id,
    'pipewright.env': header.env,
    ...Object.fromEntries(ofAllRuns.map((tag) => [tag, header.tags[tag]])),
  }
}
