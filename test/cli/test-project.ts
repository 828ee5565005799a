import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

import { Redis } from 'ioredis'

import { removePrefix, sharedRedisUrl, uniquePrefix } from '../support/redis.ts'

const main = join(import.meta.dirname, '..', '..', 'packages', 'cli', 'src', 'main.ts')

/** As `bin/pipewright.mjs` sets it: most of a command's time is the reading of modules. */
const compileCache = join(tmpdir(), 'node-compile-cache')

/** What a project that was installed and run in its own folder has there. */
const left = new Set(['node_modules', '.pipewright'])

/** How a command ended. */
export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcess
  /** Resolves when standard output or error has shown this. */
  shows(text: string): Promise<void>
  readonly ended: Promise<Ended>
}

/** A project of one test: a copy in a folder of its own, with keys of its own in the shared Redis. */
export interface TestProject {
  readonly root: string
  readonly prefix: string
  /** Runs the command line to its end. */
  pipewright(...args: readonly string[]): Promise<Ended>
  /** Starts the command line, in the project's folder or one below it. */
  start(args: readonly string[], environment?: NodeJS.ProcessEnv, folder?: string): Running
  read(file: string): Promise<string>
  write(file: string, text: string): Promise<void>
  remove(file: string): Promise<void>
  /** Names of all keys in Redis. */
  keys(): Promise<readonly string[]>
  dispose(): Promise<void>
}

/**
 * Copies a project. `dispose` it.
 *
 * @param folder Default: `project/`.
 * @param packages Folder of the packages that the project imports. Default: those of the tests.
 */
export async function testProject(
  folder: string = join(import.meta.dirname, 'project'),
  packages: string = join(import.meta.dirname, '..', 'node_modules'),
): Promise<TestProject> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'pipewright-cli-')))
  await cp(folder, root, { recursive: true, filter: (path) => !left.has(basename(path)) })
  await symlink(packages, join(root, 'node_modules'))
  const prefix = uniquePrefix('cli')
  const start = (
    args: readonly string[],
    environment: NodeJS.ProcessEnv = {},
    folder = '.',
  ): Running => {
    const defaults = { REDIS_URL: sharedRedisUrl(), PIPEWRIGHT_PREFIX: prefix }
    return startCommand(join(root, folder), args, { ...defaults, ...environment })
  }
  return {
    root,
    prefix,
    start,
    pipewright: (...args) => start(args).ended,
    read: (file) => readFile(join(root, file), 'utf8'),
    write: (file, text) => writeFile(join(root, file), text),
    remove: (file) => rm(join(root, file)),
    keys: () => keysOf(prefix),
    async dispose() {
      await removePrefix(sharedRedisUrl(), prefix)
      await rm(root, { recursive: true, force: true })
    },
  }
}

function startCommand(
  cwd: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Running {
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...inherited } = process.env
  const child = spawn(process.execPath, ['--conditions=@pipewright/source', main, ...args], {
    cwd,
    env: { ...inherited, NODE_COMPILE_CACHE: compileCache, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8')
    child[name].on('data', (text: string) => (output[name] += text))
  }
  const ended = once(child, 'close').then(() => ({ exitCode: child.exitCode, ...output }))
  const shows = async (text: string): Promise<void> => {
    while (!output.stdout.includes(text) && !output.stderr.includes(text)) {
      if (child.exitCode !== null) {
        throw new Error(`it ended and did not show "${text}":\n${output.stdout}\n${output.stderr}`)
      }
      await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), ended])
    }
  }
  return { child, shows, ended }
}

async function keysOf(prefix: string): Promise<readonly string[]> {
  const redis = new Redis(sharedRedisUrl())
  try {
    return await redis.keys(`${prefix}*`)
  } finally {
    redis.disconnect()
  }
}

/** The lines of NDJSON. */
export function jsonLines(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}
