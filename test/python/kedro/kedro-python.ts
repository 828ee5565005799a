import { join } from 'node:path'

import { runCommand } from '@pipewright/python/environment'

/**
 * An interpreter with Kedro, or undefined: that of `PIPEWRIGHT_TEST_KEDRO`, a virtual environment. Its makers install
 * `kedro==1.7.0` and `kedro-datasets[pandas-csvdataset]==9.6.0` with pyarrow into it.
 */
export async function kedroPython(): Promise<string | undefined> {
  const environment = process.env['PIPEWRIGHT_TEST_KEDRO']
  if (environment === undefined) return undefined
  const python = join(environment, 'bin', 'python')
  const { exitCode } = await runCommand(python, ['-c', 'import kedro.inspection, pyarrow'])
  return exitCode === 0 ? python : undefined
}
