import { exitCodes, type ExitCode } from '../exit-code.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { ProjectOptions } from '../options/project-options.ts'
import { withClient } from '../services/with-client.ts'
import { print, printJson, printNotice } from '../terminal/output.ts'
import { workersTable } from '../view/worker-table.ts'

/** `workers`: by name. */
export async function listWorkers(options: ProjectOptions & OutputOptions): Promise<ExitCode> {
  const workers = (await withClient(options, async ({ client }) => client.workers())) ?? []
  if (options.json === true) for (const worker of workers) printJson({ type: 'worker', ...worker })
  else if (workers.length === 0)
    printNotice('No worker is alive. Start one: pipewright worker --queues default')
  else print(workersTable(workers))
  return exitCodes.succeeded
}
