import { execFile } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { parseYaml, plain } from '@pipewright/engine/internal'

import type { OpenedConfig } from '../project/open-project.ts'
import { ok, warn, type Check } from './check.ts'

/** Whether the files of credentials are for this user alone. Nothing to say where there are none. */
export async function checkCredentials({
  root,
  config,
}: Pick<OpenedConfig, 'root' | 'config'>): Promise<readonly Check[]> {
  const files = config.files.filter((file) => /(?:^|\/)credentials\.ya?ml$/.test(file))
  return Promise.all(files.map(async (file) => checkFile(root, file)))
}

async function checkFile(root: string, file: string): Promise<Check> {
  const text = await readFile(join(root, file), 'utf8')
  // What refers to the environment alone is no secret.
  if (!holdsValues(plain(parseYaml(text, file)))) return ok(file, 'holds no secret itself')
  if (await isTracked(root, file))
    return warn(
      file,
      'git has it, and with it everybody who has the project',
      `Take it out (git rm --cached ${file}), ignore it, and change the secrets: the history keeps them.`,
    )
  const { mode } = await stat(join(root, file))
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    return warn(file, 'other users of this machine can read it', `Close it: chmod 600 ${file}`)
  return ok(file, 'only this user can read it')
}

function holdsValues(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(holdsValues)
  return value !== null && !(typeof value === 'string' && /^\$\{.*\}$/s.test(value))
}

/** False also without git. */
function isTracked(root: string, file: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('git', ['-C', root, 'ls-files', '--', file], (error, output) =>
      resolve(error === null && output.trim() !== ''),
    )
  })
}
