import { access, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'

import { takeSnapshot, type KedroSnapshot } from '@pipewright/python/kedro'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import { version } from '../own-version.ts'
import { print, printNotice } from '../terminal/output.ts'

/** Options of `pipewright kedro import`. */
export interface ImportKedroOptions {
  readonly into?: string
  readonly python?: string
  readonly kedroEnv?: string
  readonly allowPickle?: boolean
}

/**
 * Makes a Pipewright project of a Kedro project. `kedro.json` is written anew each time, other files only when they are
 * not there: they may have been changed since.
 *
 * @throws ConfigError `KEDRO_PROJECT_UNREADABLE`
 */
export async function importKedro(folder: string, options: ImportKedroOptions): Promise<ExitCode> {
  const project = resolve(folder)
  const root = resolve(options.into ?? join(project, 'pipewright'))
  const { kedroEnv: env } = options
  const python = options.python?.includes('/') === true ? resolve(options.python) : options.python
  const snapshot = await takeSnapshot(
    { project, ...(python !== undefined && { python }), ...(env !== undefined && { env }) },
    printNotice,
  )
  await mkdir(root, { recursive: true })
  await writeFile(join(root, 'kedro.json'), `${JSON.stringify(snapshot, undefined, 2)}\n`)
  for (const [file, text] of Object.entries(
    filesOf(project, root, { ...options, ...(python !== undefined && { python }) }),
  )) {
    await writeNew(join(root, file), text)
  }
  report(snapshot, root)
  return exitCodes.succeeded
}

function filesOf(
  project: string,
  root: string,
  { python, kedroEnv, allowPickle = false }: ImportKedroOptions,
): Readonly<Record<string, string>> {
  const way = relative(root, project) || '.'
  const settings = [
    `  project: resolve(import.meta.dirname, ${JSON.stringify(way)}),`,
    ...(python === undefined ? [] : [`  python: ${JSON.stringify(python)},`]),
    ...(kedroEnv === undefined ? [] : [`  env: ${JSON.stringify(kedroEnv)},`]),
    `  allowPickle: ${allowPickle},`,
  ]
  const manifest = {
    private: true,
    type: 'module',
    dependencies: {
      '@pipewright/engine': `^${version()}`,
      '@pipewright/python': `^${version()}`,
      pipewright: `^${version()}`,
    },
  }
  return {
    'pipewright.config.ts': `import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { defineProject } from '@pipewright/engine'
import { kedroPipelines } from '@pipewright/python/kedro'

const snapshot = JSON.parse(readFileSync(join(import.meta.dirname, 'kedro.json'), 'utf8'))

// The Kedro project keeps its catalog, params and code. After a change of its pipelines: pipewright kedro import
const pipelines = kedroPipelines(snapshot, {
${settings.join('\n')}
})

export default defineProject({ pipelines })
`,
    'conf/base/pipewright.yml':
      '# Redis, store, queues and retention: see the reference of the configuration.\n',
    'package.json': `${JSON.stringify(manifest, undefined, 2)}\n`,
    '.gitignore': 'node_modules\n.pipewright\nconf/local\n',
  }
}

async function writeNew(path: string, text: string): Promise<void> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  )
  if (isThere) return
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

function report(snapshot: KedroSnapshot, root: string): void {
  const pipelines = snapshot.pipelines.filter(({ nodes }) => nodes.length > 0)
  print(`Read ${snapshot.project}, a project of Kedro ${snapshot.kedro}:\n`)
  for (const { name, nodes } of pipelines) print(`  ${name}  ${nodes.length} nodes`)
  const here = relative(process.cwd(), root)
  print(`\nThe Pipewright project is in ${root}. Next:\n`)
  if (here !== '') print(`  cd ${here}`)
  print(`  npm install\n  npx pipewright run ${pipelines[0]?.name ?? '<pipeline>'}`)
}
