import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { InfrastructureError } from '@pipewright/engine'

import { withFileLock } from './file-lock.ts'
import { uvIndexEnvironment } from './package-index.ts'
import { findPython } from './python-command.ts'
import { type CommandResult, runCommand } from './run-command.ts'

const UV = 'uv==0.13.9'
/** Written last, each holding what it vouches for: a step without its mark was interrupted and is done again. */
const MARKS = '.pipewright'

/** A distribution that embedded services need, pinned. */
export interface PythonPackage {
  readonly name: string
  /** Exact requirements, as uv takes them. */
  readonly requirements: readonly string[]
  /** Said before the install, e.g. "installing MLflow 3.17.2 (once, about 600 MB)". */
  readonly announcement: string
}

/** Where and how to install. */
export interface PythonEnvironmentOptions {
  /** The project's folder. */
  readonly root: string
  /** Receives one line of text for each thing worth telling the user. */
  readonly onProgress?: ((message: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** Folder of the project's virtual environment; `PIPEWRIGHT_PYTHON_ENV` lets several projects share one. */
export function pythonEnvironmentPath(root: string): string {
  const shared = process.env['PIPEWRIGHT_PYTHON_ENV']
  return shared ? resolve(shared) : resolve(root, '.pipewright', 'python')
}

/** A program that the environment has, e.g. `python` or `mlflow`. */
export function pythonProgram(environment: string, name: string): string {
  return join(environment, 'bin', name)
}

/**
 * Environment of the Python programs that we start. Compiled bytecode is kept even where the machine
 * turns that off: without it each start of MLflow takes three times as long (22 s against 6 s).
 */
export function pythonVariables(): NodeJS.ProcessEnv {
  const { PYTHONDONTWRITEBYTECODE: _, PYTHONHOME: __, PYTHONPATH: ___, ...rest } = process.env
  return rest
}

/**
 * Makes sure that the project's virtual environment holds `wanted`, and returns the environment's folder.
 * One process installs at a time; an install that was interrupted is repaired.
 *
 * @throws InfrastructureError `PYTHON_NOT_FOUND`, `PYTHON_VENV_FAILED` or `PYTHON_INSTALL_FAILED`.
 */
export async function ensurePythonPackage(
  wanted: PythonPackage,
  options: PythonEnvironmentOptions,
): Promise<string> {
  const environment = pythonEnvironmentPath(options.root)
  const requirements = wanted.requirements.join(' ')
  if (await isMarked(environment, wanted.name, requirements)) return environment
  const install = async (): Promise<void> => {
    if (await isMarked(environment, wanted.name, requirements)) return
    await ensureEnvironment(environment, options)
    options.onProgress?.(wanted.announcement)
    await installPackage(environment, wanted, options)
  }
  await withFileLock(`${environment}.lock`, install, {
    signal: options.signal,
    onWait: () =>
      options.onProgress?.(`waiting for another process that installs into ${environment}`),
  })
  return environment
}

/**
 * The `uv` program: the one on PATH, else that of the project's environment, which is made for it.
 *
 * @throws InfrastructureError as `ensurePythonPackage`
 */
export async function ensureUv(options: PythonEnvironmentOptions): Promise<string> {
  const present = await runCommand('uv', ['--version'])
  if (present.exitCode === 0) return 'uv'
  const environment = pythonEnvironmentPath(options.root)
  if (!(await isMarked(environment, 'environment', UV))) {
    await withFileLock(`${environment}.lock`, () => ensureEnvironment(environment, options), {
      signal: options.signal,
    })
  }
  return pythonProgram(environment, 'uv')
}

async function ensureEnvironment(
  environment: string,
  { signal, onProgress }: PythonEnvironmentOptions,
): Promise<void> {
  if (await isMarked(environment, 'environment', UV)) return
  const python = await findPython()
  if (python === undefined) throw pythonNotFound()
  onProgress?.(`creating a Python environment in ${environment}`)
  await rm(environment, { recursive: true, force: true })
  const env = pythonVariables()
  const created = await runCommand(python, ['-m', 'venv', environment], { env, signal })
  if (created.exitCode !== 0) throw venvFailed(python, created)
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', UV]
  const installed = await runCommand(pythonProgram(environment, 'python'), pip, { env, signal })
  if (installed.exitCode !== 0) throw installFailed('uv', installed)
  await mark(environment, 'environment', UV)
}

async function installPackage(
  environment: string,
  wanted: PythonPackage,
  { signal, onProgress }: PythonEnvironmentOptions,
): Promise<void> {
  const started = `${wanted.name}.started`
  const python = pythonProgram(environment, 'python')
  // A killed install may leave packages that look complete to uv and are not.
  const repair = (await readMark(environment, started)) === undefined ? [] : ['--reinstall']
  await mark(environment, started, '')
  const result = await runCommand(
    pythonProgram(environment, 'uv'),
    ['pip', 'install', '--no-progress', '--python', python, ...repair, ...wanted.requirements],
    {
      env: { ...pythonVariables(), ...(await uvIndexEnvironment(python)) },
      signal,
      onLine: (line) => {
        if (/^(Resolved|Downloading|Prepared|Installed) /.test(line)) {
          onProgress?.(`${wanted.name}: ${line.toLowerCase()}`)
        }
      },
    },
  )
  if (result.exitCode !== 0) throw installFailed(wanted.requirements.join(' '), result)
  await mark(environment, wanted.name, wanted.requirements.join(' '))
  await rm(join(environment, MARKS, started), { force: true })
}

async function isMarked(environment: string, name: string, content: string): Promise<boolean> {
  return (await readMark(environment, name)) === content
}

async function readMark(environment: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(environment, MARKS, name), 'utf8')
  } catch {
    return undefined
  }
}

async function mark(environment: string, name: string, content: string): Promise<void> {
  await mkdir(join(environment, MARKS), { recursive: true })
  await writeFile(join(environment, MARKS, name), content)
}

function pythonNotFound(): InfrastructureError {
  return new InfrastructureError(
    'PYTHON_NOT_FOUND',
    'no Python 3.10 or newer among python3, python and python3.10 to python3.14 on PATH',
    { hint: 'Install Python 3.10 or newer, with its venv module, and start again.' },
  )
}

function venvFailed(python: string, { output }: CommandResult): InfrastructureError {
  const lacksModule = /ensurepip|No module named venv/.test(output)
  return new InfrastructureError(
    'PYTHON_VENV_FAILED',
    lacksModule
      ? `${python} cannot make virtual environments: its venv or ensurepip module is missing`
      : `${python} could not make a virtual environment:\n${output}`,
    {
      hint: lacksModule
        ? 'On Debian and Ubuntu: apt install python3-venv. Elsewhere: install a complete Python 3.10 or newer.'
        : 'Check that the disk has room and that the folder is writable, then start again.',
    },
  )
}

function installFailed(what: string, { output }: CommandResult): InfrastructureError {
  return new InfrastructureError(
    'PYTHON_INSTALL_FAILED',
    `could not install ${what} into the project's Python environment:\n${output}`,
    {
      hint: 'Check the network and the package index that `pip config list` shows; the next start tries again.',
    },
  )
}
