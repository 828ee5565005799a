import type { Run } from '@pipewright/engine/client'

/** What to type after a run that did not succeed: to look into it, and to go on with it. */
export function nextCommands(run: Run): readonly string[] {
  const env = run.env === 'local' ? '' : ` --env ${run.env}`
  return [`pipewright runs show ${run.id}`, `pipewright resume ${run.id}${env}`]
}
