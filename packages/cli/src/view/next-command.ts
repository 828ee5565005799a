import { slice, type Pipeline } from '@pipewright/engine'
import type { NodeRun, Run } from '@pipewright/engine/client'
import { compile } from '@pipewright/engine/internal'

import type { OpenedProject } from '../project/open-project.ts'
import { datasetStore } from '../project/prepare-run.ts'

/**
 * What to type after a run that did not succeed: to look into it, and to run again from the failed nodes where all that
 * they read lies in the catalog, else from the start.
 */
export async function nextCommands(
  opened: OpenedProject,
  pipeline: Pipeline,
  run: Run,
  nodes: readonly NodeRun[],
  params: readonly string[],
): Promise<readonly string[]> {
  const failed = nodes.filter((node) => node.status === 'failed').map((node) => node.node)
  const again = ['pipewright run', run.pipeline]
  if (failed.length > 0 && (await canBeginAt(opened, pipeline, failed))) {
    again.push('--from-nodes', failed.join(','))
  }
  if (opened.config.env !== 'local') again.push('--env', opened.config.env)
  if (params.length > 0) again.push('--params', ...params.map(shellWord))
  return [`pipewright runs show ${run.id}`, again.join(' ')]
}

async function canBeginAt(
  opened: OpenedProject,
  pipeline: Pipeline,
  nodes: readonly string[],
): Promise<boolean> {
  const { plan } = compile(slice(pipeline, { fromNodes: nodes }))
  const missing = await datasetStore(opened).missing(plan.inputs)
  return missing.length === 0
}

function shellWord(text: string): string {
  return /^[\w.,=:@/+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
