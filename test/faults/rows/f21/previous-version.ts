import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const repository = join(import.meta.dirname, '..', '..', '..', '..')

/** An earlier version of Pipewright itself, in a folder of its own. */
export interface PreviousVersion {
  readonly commit: string
  /** Its program of a worker. */
  readonly program: string
  remove(): Promise<void>
}

/**
 * Checks out the version of Pipewright before the last change to what its versions share in Redis: its scripts and the code that
 * calls them. Undefined where the history is not at hand, as in a source archive.
 */
export async function previousVersion(): Promise<PreviousVersion | undefined> {
  const commit = await lastButOne()
  if (commit === undefined) return undefined
  const root = await mkdtemp(join(tmpdir(), 'pipewright-previous-'))
  const remove = async (): Promise<void> => rm(root, { recursive: true, force: true })
  try {
    const archive = join(root, 'source.tar')
    await git('archive', '--output', archive, commit, 'packages', 'test', 'package.json')
    await run('tar', ['-xf', archive, '-C', root])
    // Dependencies are those of now, as on a machine where both are installed.
    await symlink(join(repository, 'node_modules'), join(root, 'node_modules'))
    for (const name of await readdir(join(root, 'packages'))) await link(root, `packages/${name}`)
    await link(root, 'test')
  } catch (error) {
    await remove()
    throw error
  }
  return { commit, program: join(root, 'test', 'system', 'fixture', 'worker-main.ts'), remove }
}

async function lastButOne(): Promise<string | undefined> {
  const shared = ['packages/engine/lua', 'packages/engine/src/redis']
  const answer = await git('log', '-2', '--format=%H', '--', ...shared).catch(() => '')
  const [, commit] = answer.trim().split('\n')
  return commit
}

/** The links of a package to those that it imports: relative, so they lead to the packages of the folder. */
async function link(root: string, path: string): Promise<void> {
  const from = join(repository, path, 'node_modules')
  await mkdir(join(root, path), { recursive: true })
  await cp(from, join(root, path, 'node_modules'), {
    recursive: true,
    verbatimSymlinks: true,
  }).catch((error: unknown) => {
    // A package that is gone since has none.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  })
}

async function git(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', ['-C', repository, ...args])
  return stdout
}
