import type { Pruned, PruneOptions } from '@pipewright/engine/client'
import { openProjectStorage } from '@pipewright/engine/internal'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { ProjectOptions } from '../options/project-options.ts'
import type { OpenedConfig } from '../project/open-project.ts'
import { withClient } from '../services/with-client.ts'
import { bytesText } from '../terminal/bytes-text.ts'
import { print, printJson } from '../terminal/output.ts'
import { tableText } from '../terminal/table-text.ts'

/** Options of `prune`, as the command line gives them. */
export interface PruneCommandOptions extends ProjectOptions, OutputOptions {
  readonly olderThan?: number
  readonly keep?: number
  readonly failed?: boolean
  readonly succeeded?: boolean
  readonly dryRun?: boolean
}

const nothing: Pruned = { runs: [], keys: 0, keyBytes: 0, files: 0, fileBytes: 0, deadLetters: 0 }
/** Runs that are listed on a terminal; JSON has all. */
const mostListed = 50

/** `prune`: removes ended runs, or says which it would. */
export async function pruneRuns(options: PruneCommandOptions): Promise<ExitCode> {
  const dryRun = options.dryRun === true
  const pruned =
    (await withClient(options, ({ client, opened }) =>
      client.prune({
        ...choiceOf(options, opened),
        store: openProjectStorage(opened.config),
        dryRun,
      }),
    )) ?? nothing
  if (options.json === true) printJson({ type: 'prune', dryRun, ...pruned })
  else print(prunedText(pruned, dryRun))
  return exitCodes.succeeded
}

function choiceOf(
  { olderThan, keep, failed, succeeded }: PruneCommandOptions,
  { config }: OpenedConfig,
): PruneOptions {
  const only: PruneOptions = {
    ...(failed === true && { status: 'failed' }),
    ...(succeeded === true && { status: 'succeeded' }),
  }
  const { retention } = config.pipewright
  if (olderThan === undefined && keep === undefined) return { ...only, olderThan: retention }
  return {
    ...only,
    ...(olderThan !== undefined && { olderThan }),
    ...(keep !== undefined && { keep }),
  }
}

function prunedText(pruned: Pruned, dryRun: boolean): string {
  const { runs, keys, keyBytes, files, fileBytes, deadLetters } = pruned
  if (runs.length === 0) return 'nothing to remove'
  const rows = runs
    .slice(0, mostListed)
    .map(({ id, pipeline, status, endedAt }) => [
      id,
      pipeline,
      status,
      new Date(endedAt).toISOString(),
    ])
  const more = runs.length > mostListed ? [`and ${runs.length - mostListed} more`] : []
  const letters = deadLetters === 0 ? '' : `, ${deadLetters} dead letters`
  const total =
    `${dryRun ? 'would remove' : 'removed'} ${runs.length} runs: ` +
    `${keys} keys (${bytesText(keyBytes)}), ${files} files (${bytesText(fileBytes)})${letters}`
  return [tableText([['run', 'pipeline', 'status', 'ended'], ...rows]), ...more, '', total].join(
    '\n',
  )
}
