import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { ConfigError, InfrastructureError } from '@pipewright/engine'
import { sha256 } from '@pipewright/engine/isolate'

import { withFileLock } from './file-lock.ts'
import { uvIndexEnvironment } from './package-index.ts'
import { findPython, pythonVersion } from './python-command.ts'
import { ensureUv, pythonProgram, pythonVariables } from './python-environment.ts'
import { runCommand } from './run-command.ts'

/** What a node in Python asks for. */
export interface EnvironmentSpec {
  /** Absolute, or relative to the project's root. Undefined for the root itself. */
  readonly folder: string | undefined
  readonly python: string | undefined
  readonly requirements: readonly string[] | string | undefined
}

/** Where environments are made, and who hears of it. */
export interface OpenEnvironmentOptions {
  /** The project's folder. */
  readonly root: string
  /** Receives a line of text for each thing worth telling. */
  readonly onProgress: (line: string) => void
}

/** An interpreter with what a node needs. */
export interface PythonEnvironment {
  /** Path of the interpreter. */
  readonly python: string
}

/** Written last: a folder without it was interrupted, and is made again. */
const mark = '.pipewright-complete'
const opened = new Map<string, Promise<PythonEnvironment>>()

/** Folder of a project's environments; `PIPEWRIGHT_PYTHON_ENVIRONMENTS` lets several projects share one. */
function environmentsPath(root: string): string {
  const shared = process.env['PIPEWRIGHT_PYTHON_ENVIRONMENTS']
  return shared ? resolve(shared) : join(root, '.pipewright', 'python-environments')
}

/**
 * The interpreter of a node. With requirements it is that of an environment made by uv, which is named by the hash of what
 * is in it: equal requirements share one, and another process that makes it is waited for.
 *
 * @throws InfrastructureError `PYTHON_NOT_FOUND`, `PYTHON_VENV_FAILED`, `PYTHON_INSTALL_FAILED`
 * @throws ConfigError `PYTHON_REQUIREMENTS_UNREADABLE`
 */
export function openEnvironment(
  spec: EnvironmentSpec,
  options: OpenEnvironmentOptions,
): Promise<PythonEnvironment> {
  const key = JSON.stringify([options.root, spec.folder, spec.python, spec.requirements])
  const known = opened.get(key)
  if (known !== undefined) return known
  const opening = open(spec, options)
  opened.set(key, opening)
  // The next attempt tries again.
  opening.catch(() => opened.delete(key))
  return opening
}

async function open(
  { folder: from, python, requirements }: EnvironmentSpec,
  options: OpenEnvironmentOptions,
): Promise<PythonEnvironment> {
  const base = resolve(options.root, from ?? '.')
  const interpreter = await findInterpreter(python, base)
  if (requirements === undefined) return { python: interpreter }
  const lines = await readRequirements(requirements, base)
  const version = await pythonVersion(interpreter)
  if (version === undefined) throw notFound(interpreter)
  const identity = JSON.stringify([1, version, process.platform, process.arch, lines])
  const hash = sha256(identity).slice(0, 16)
  const folder = join(environmentsPath(options.root), hash)
  if (!(await isComplete(folder))) {
    await mkdir(environmentsPath(options.root), { recursive: true })
    await withFileLock(
      `${folder}.lock`,
      async () => {
        if (!(await isComplete(folder))) await make(folder, hash, interpreter, lines, options)
      },
      {
        onWait: () =>
          options.onProgress(
            `waiting for another process that makes the Python environment ${hash}`,
          ),
      },
    )
  }
  return { python: pythonProgram(folder, 'python') }
}

async function make(
  folder: string,
  hash: string,
  interpreter: string,
  lines: readonly string[],
  { root, onProgress }: OpenEnvironmentOptions,
): Promise<void> {
  const began = performance.now()
  onProgress(`making the Python environment ${hash} (once): ${lines.join(', ')}`)
  const uv = await ensureUv({ root, onProgress })
  const env = { ...pythonVariables(), ...(await uvIndexEnvironment(interpreter)) }
  await rm(folder, { recursive: true, force: true })
  const made = await runCommand(uv, ['venv', '--quiet', '--python', interpreter, folder], { env })
  if (made.exitCode !== 0) {
    throw new InfrastructureError(
      'PYTHON_VENV_FAILED',
      `uv could not make a Python environment in ${folder}:\n${made.output}`,
      { hint: 'Check that the disk has room and that the folder is writable.' },
    )
  }
  // By a file: requirements may hold options and addresses that are nobody's business in a list of processes.
  const file = join(folder, 'requirements.txt')
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 })
  const python = pythonProgram(folder, 'python')
  const install = ['pip', 'install', '--no-progress', '--python', python, '-r', file]
  const installed = await runCommand(uv, install, {
    env,
    onLine: (line) => {
      if (/^(Resolved|Downloading|Prepared|Installed) /.test(line)) onProgress(line.toLowerCase())
    },
  })
  if (installed.exitCode !== 0) {
    throw new InfrastructureError(
      'PYTHON_INSTALL_FAILED',
      `uv could not install the requirements of a Python node:\n${installed.output}`,
      {
        hint: 'Correct the requirements, or check the network and the package index; the next attempt tries again.',
      },
    )
  }
  await writeFile(join(folder, mark), hash)
  onProgress(
    `the Python environment ${hash} is there after ${seconds(performance.now() - began)} s`,
  )
}

async function findInterpreter(python: string | undefined, base: string): Promise<string> {
  const wanted = python ?? process.env['PIPEWRIGHT_NODE_PYTHON']
  if (wanted === undefined || wanted === '') {
    const found = await findPython()
    if (found !== undefined) return found
    throw notFound('python3')
  }
  if (wanted.includes('/')) return resolve(base, wanted)
  const command = /^3\.\d+$/.test(wanted) ? `python${wanted}` : wanted
  const found = await findPython([command])
  if (found !== undefined) return found
  throw notFound(command)
}

/** Its lines without comments, in order: what decides which environment it is. */
async function readRequirements(
  requirements: readonly string[] | string,
  base: string,
): Promise<readonly string[]> {
  const lines =
    typeof requirements === 'string'
      ? (await readRequirementsFile(resolve(base, requirements))).split(/\r?\n/)
      : requirements
  return lines.map((line) => line.replace(/(^|\s)#.*$/, '').trim()).filter((line) => line !== '')
}

async function readRequirementsFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new ConfigError(
      'PYTHON_REQUIREMENTS_UNREADABLE',
      `The requirements of a Python node cannot be read from ${path}.`,
      {
        hint: 'Give a path relative to the folder of the node’s Python code, or the requirements as a list.',
        cause,
      },
    )
  }
}

async function isComplete(folder: string): Promise<boolean> {
  return await readFile(join(folder, mark)).then(
    () => true,
    () => false,
  )
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1)
}

function notFound(what: string): InfrastructureError {
  return new InfrastructureError(
    'PYTHON_NOT_FOUND',
    `There is no Python 3.10 or newer as ${what}.`,
    {
      hint: 'Install Python 3.10 or newer, or name one: `python` of the pythonNode, or PIPEWRIGHT_NODE_PYTHON.',
    },
  )
}
