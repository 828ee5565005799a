import type { PrunedArtifact, PrunedArtifacts } from '@pipewright/mlflow-adapter'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { ProjectOptions } from '../options/project-options.ts'
import { openConfig, type OpenedConfig } from '../project/open-project.ts'
import { experimentName } from '../services/experiment-name.ts'
import { mlflowConnection } from '../services/mlflow-server.ts'
import { openMlflowService } from '../services/mlflow-service.ts'
import { bytesText } from '../terminal/bytes-text.ts'
import { print, printJson, printNotice } from '../terminal/output.ts'
import { tableText } from '../terminal/table-text.ts'

/** Options of `mlflow prune`, as the command line gives them. */
export interface PruneArtifactsCommandOptions extends ProjectOptions, OutputOptions {
  readonly pipeline?: string
  readonly dryRun?: boolean
}

const nothing: PrunedArtifacts = { removed: [], kept: [], problems: [], bytes: 0 }
/** Artifacts that are listed on a terminal; JSON has all. */
const mostListed = 50

/** `mlflow prune`: removes artifacts that the rules no longer keep, or says which it would. */
export async function pruneRecordedArtifacts(
  options: PruneArtifactsCommandOptions,
): Promise<ExitCode> {
  const opened = await openConfig({ env: options.env })
  const dryRun = options.dryRun === true
  const pruned = await prune(opened, { dryRun, pipeline: options.pipeline })
  if (options.json === true) printJson({ type: 'mlflow-prune', dryRun, ...pruned })
  else {
    for (const problem of pruned.problems) printNotice(problem)
    print(prunedText(pruned, dryRun))
  }
  return exitCodes.succeeded
}

async function prune(
  opened: OpenedConfig,
  choice: { readonly dryRun: boolean; readonly pipeline: string | undefined },
): Promise<PrunedArtifacts> {
  const server = await openMlflowService(opened, printNotice)
  if (server === undefined) return nothing
  try {
    const { pruneArtifacts, settingsOf } = await import('@pipewright/mlflow-adapter')
    const { registryUri, access, timeout } = await mlflowConnection(opened)
    return await pruneArtifacts({
      tracking: { uri: server.uri, registryUri, access },
      timeout,
      experiment: await experimentName(opened),
      settings: settingsOf(opened.config.mlflow, opened.catalog),
      ...choice,
    })
  } finally {
    await server.close()
  }
}

function prunedText({ removed, kept, bytes }: PrunedArtifacts, dryRun: boolean): string {
  const spared = kept.map(({ path, mlflowRun, why }) => `kept ${path} of ${mlflowRun}: ${why}`)
  if (removed.length === 0) return [...spared.slice(0, mostListed), 'nothing to remove'].join('\n')
  const more = removed.length > mostListed ? [`and ${removed.length - mostListed} more`] : []
  const total = `${dryRun ? 'would remove' : 'removed'} ${removed.length} artifacts (${bytesText(bytes)})`
  return [
    tableText([
      ['pipeline', 'run', 'artifact', 'size', 'begun', 'why'],
      ...removed.slice(0, mostListed).map(row),
    ]),
    ...more,
    ...spared.slice(0, mostListed),
    '',
    total,
  ].join('\n')
}

function row({ pipeline, run, path, bytes, startedAt, why }: PrunedArtifact): readonly string[] {
  return [pipeline, run, path, bytesText(bytes), new Date(startedAt).toISOString(), why]
}
