import type { FaultProject } from '../project.ts'

/**
 * Runs of which bodies have run, and of which no client was ever told.
 *
 * @param gone Runs of which one was told, and which are not checked any more. Default: none.
 */
export async function neverAcknowledged(
  project: FaultProject,
  gone: ReadonlySet<string> = new Set(),
): Promise<ReadonlySet<string>> {
  const known = new Set(project.runs.map(({ id }) => id))
  const effects = await project.effects()
  return new Set(effects.map(({ run }) => run).filter((run) => !known.has(run) && !gone.has(run)))
}
