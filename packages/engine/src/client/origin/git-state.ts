import { execFile } from 'node:child_process'

/** The state of the code as git knows it. */
export interface GitState {
  /** Of 40 hex digits. */
  readonly commit: string
  /** Undefined when no branch is checked out. */
  readonly branch: string | undefined
  /** True when tracked files differ from the commit. Undefined when nobody can say. */
  readonly dirty: boolean | undefined
}

/** Longest wait for git, in ms: a run does not wait for a slow file system. */
const patience = 2000

/**
 * The commit, branch and cleanliness of the repository around a folder. Where there is none, as in a container's image, what
 * the variables of a build service say. Undefined when nothing is known.
 */
export async function gitState(folder: string): Promise<GitState | undefined> {
  const options = {
    cwd: folder,
    timeout: patience,
    // reading takes no lock that somebody's commit would meet
    env: { ...process.env, GIT_OPTIONAL_LOCKS: '0' },
  }
  const args = ['status', '--porcelain=v2', '--branch', '--untracked-files=no']
  const text = await new Promise<string | undefined>((resolve) => {
    execFile('git', args, options, (error, output) => resolve(error === null ? output : undefined))
  })
  return (text === undefined ? undefined : parseStatus(text)) ?? stateOfBuild(process.env)
}

/** Reads `git status --porcelain=v2 --branch`; undefined in a repository without a commit. */
export function parseStatus(text: string): GitState | undefined {
  const lines = text.split('\n').filter((line) => line !== '')
  const valueOf = (name: string): string | undefined =>
    lines.find((line) => line.startsWith(`# ${name} `))?.slice(name.length + 3)
  const commit = valueOf('branch.oid')
  const branch = valueOf('branch.head')
  if (commit === undefined || !/^[0-9a-f]{40,64}$/.test(commit)) return undefined
  return {
    commit,
    branch: branch === '(detached)' ? undefined : branch,
    dirty: lines.some((line) => !line.startsWith('#')),
  }
}

/** Names of commit and branch at GitHub Actions, GitLab CI, Jenkins, and for an image that is built anywhere else. */
const variables = [
  ['GITHUB_SHA', 'GITHUB_REF_NAME'],
  ['CI_COMMIT_SHA', 'CI_COMMIT_REF_NAME'],
  ['GIT_COMMIT', 'GIT_BRANCH'],
] as const

/** What a build service, or whoever built the image, left in the environment. */
export function stateOfBuild(env: NodeJS.ProcessEnv): GitState | undefined {
  for (const [commit, branch] of variables) {
    const value = env[commit]
    if (value) return { commit: value, branch: env[branch] || undefined, dirty: undefined }
  }
  return undefined
}
