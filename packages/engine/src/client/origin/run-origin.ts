import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { resolve } from 'node:path'

import { gitState } from './git-state.ts'
import { lockfile } from './lockfile.ts'

/** Options of `runOrigin`. */
export interface RunOriginOptions {
  /** Folder of the project's code. Default: the working directory. */
  readonly root?: string
  /** What started the run, for people: a command line without secrets, the name of a service. Default: none. */
  readonly command?: string
}

/**
 * Says which code a run is started from and by whom, as tags for `enqueue`: user, git commit, branch and whether files differ
 * from it, lockfile, versions of Node and Pipewright. MLflow shows them in columns of its own and finds runs by them. What
 * cannot be found out is left out; it never throws. Takes some 20 ms, so a service asks once, at its start.
 *
 * @example
 * const origin = await runOrigin({ command: 'retraining-service' })
 * await client.enqueue(training, { tags: { ...origin, team: 'weather' } })
 */
export async function runOrigin({ root = '.', command }: RunOriginOptions = {}): Promise<
  Readonly<Record<string, string>>
> {
  const folder = resolve(root)
  const [git, lock] = await Promise.all([gitState(folder), lockfile(folder)])
  const tags = {
    'mlflow.user': userName(),
    'mlflow.source.git.commit': git?.commit,
    'mlflow.source.git.branch': git?.branch,
    'pipewright.git.dirty': git?.dirty === undefined ? undefined : String(git.dirty),
    'pipewright.lockfile': lock,
    'pipewright.version': ownVersion(),
    'pipewright.nodejs': process.versions.node,
    'pipewright.command': command,
  }
  const known = Object.entries(tags).filter((tag): tag is [string, string] => Boolean(tag[1]))
  return Object.fromEntries(known)
}

function userName(): string | undefined {
  try {
    return userInfo().username
  } catch {
    // a container may run under a number that has no name
    return process.env['USER'] || process.env['LOGNAME']
  }
}

function ownVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  // our own package.json, shipped beside this file: it has a version
  return (JSON.parse(text) as { version: string }).version
}
