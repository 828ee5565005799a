import { join } from 'node:path'

import { runCommand } from '@pipewright/python/environment'

import { mlflow } from '../support/mlflow.ts'

/** An interpreter with pandas and pyarrow: that of the environment into which MLflow is installed. */
export async function tablePython(): Promise<string> {
  const python = join(process.env['PIPEWRIGHT_PYTHON_ENV'] ?? '', 'bin', 'python')
  const { exitCode } = await runCommand(python, ['-c', 'import pandas, pyarrow'])
  if (exitCode !== 0) await mlflow()
  return python
}
