import { UsageError } from '@pipewright/engine'
import type { Client, RunHandle } from '@pipewright/engine/client'

/**
 * The run of an id; the newest for `last`, or without an id.
 *
 * @throws UsageError `NO_RUNS`; InfrastructureError `RUN_NOT_FOUND`
 */
export async function findRun(client: Client, id: string | undefined): Promise<RunHandle> {
  if (id !== undefined && id !== 'last') return client.run(id)
  const [newest] = await client.runs.newest(1)
  if (newest === undefined) throw noRuns()
  return client.run(newest.id)
}

/** There is nothing to look at. */
export function noRuns(): UsageError {
  return new UsageError('NO_RUNS', 'There are no runs in the Redis of this project.', {
    hint: 'Start one with "pipewright run <pipeline>". If there should be some, check --redis, REDIS_URL and --env.',
  })
}
