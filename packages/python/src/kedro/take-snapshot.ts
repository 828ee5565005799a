import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { ConfigError } from '@pipewright/engine'

import { openEnvironment } from '../environment/environment.ts'
import { runCommand } from '../environment/run-command.ts'
import type { KedroOptions } from './kedro-pipelines.ts'
import { KedroSnapshot } from './snapshot.ts'

const script = fileURLToPath(new URL('../../python/pipewright_kedro/snapshot.py', import.meta.url))

/**
 * Asks Kedro for the pipelines of a project. Imports the project's code, and runs no node of it.
 *
 * @throws ConfigError `KEDRO_PROJECT_UNREADABLE`. InfrastructureError as `pythonNode` when there is no interpreter
 */
export async function takeSnapshot(
  options: KedroOptions,
  onProgress: (line: string) => void,
): Promise<KedroSnapshot> {
  const project = resolve(options.project)
  const { python } = await openEnvironment(
    { folder: undefined, python: options.python, requirements: options.requirements },
    { root: process.cwd(), onProgress },
  )
  const folder = await mkdtemp(join(tmpdir(), 'pipewright-kedro-'))
  try {
    const file = join(folder, 'snapshot.json')
    const env = options.env === undefined ? [] : [options.env]
    const args = ['-I', '-X', 'utf8', script, project, file, ...env]
    const { exitCode, output } = await runCommand(python, args)
    if (exitCode !== 0) throw unreadable(project, python, output)
    return KedroSnapshot.parse(JSON.parse(await readFile(file, 'utf8')))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function unreadable(project: string, python: string, output: string): ConfigError {
  return new ConfigError(
    'KEDRO_PROJECT_UNREADABLE',
    `Kedro could not read the project in ${project}:\n${output.slice(-3000)}`,
    {
      hint: `Check that ${python} has Kedro 1.4 or newer and what the project needs (--python), and that \`kedro registry list\` works there.`,
    },
  )
}
