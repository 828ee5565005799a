import { globSync } from 'node:fs'
import { access, mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'

import { UsageError } from '@pipewright/engine'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import { version } from '../own-version.ts'
import { print } from '../terminal/output.ts'

const template = join(import.meta.dirname, '..', '..', 'template')

/**
 * `pipewright init FOLDER`: writes the files of the template, or none of them.
 *
 * @throws UsageError `INIT_FILE_EXISTS` when one of them is there already
 */
export async function makeProject(folder: string): Promise<ExitCode> {
  const root = resolve(folder)
  const files = globSync('**/{*.*,gitignore}', { cwd: template })
  const targets = new Map(files.map((file) => [file, join(root, targetOf(file))]))
  await refuseExisting(root, [...targets.values()])
  const name = packageName(basename(root))
  for (const [file, target] of targets) {
    const text = await readFile(join(template, file), 'utf8')
    const filled = text.replaceAll('{{name}}', name).replaceAll('{{version}}', version())
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, filled, { flag: 'wx' })
  }
  print(`Made the project ${name} in ${root}. Next:\n`)
  const here = relative(process.cwd(), root)
  if (here !== '') print(`  cd ${here}`)
  print('  npm install\n  npx pipewright run training')
  return exitCodes.succeeded
}

/** npm leaves files of this name out of packages. */
function targetOf(file: string): string {
  return file === 'gitignore' ? '.gitignore' : file
}

async function refuseExisting(root: string, targets: readonly string[]): Promise<void> {
  const found = await Promise.all(
    targets.map((target) =>
      access(target).then(
        () => true,
        () => false,
      ),
    ),
  )
  const existing = targets.filter((_, index) => found[index])
  if (existing.length === 0) return
  const listed = existing.slice(0, 5).map((target) => relative(root, target))
  throw new UsageError(
    'INIT_FILE_EXISTS',
    `${root} has files already that init would write: ${listed.join(', ')}${existing.length > 5 ? ' and more' : ''}.`,
    { hint: 'Nothing was written. Name another folder: pipewright init my-project.' },
  )
}

/** A folder's name as npm takes it. */
function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  return name === '' ? 'my-project' : name
}
