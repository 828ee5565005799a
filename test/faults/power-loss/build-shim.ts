import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { ensurePythonPackage, pythonProgram } from 'pipewright/embedded'

const run = promisify(execFile)

const source = join(import.meta.dirname, 'shim.c')
const compilers = [['cc'], ['gcc'], ['clang']] as const
/** A C compiler that comes as a wheel, for machines without one. */
const zig = {
  name: 'Zig',
  requirements: ['ziglang==0.15.2'],
  announcement: 'installing a C compiler for the emulated loss of power (once, about 80 MB)',
}

/** Why power cannot be cut on this machine. */
export class PowerLossUnavailable extends Error {
  override readonly name = 'PowerLossUnavailable'
}

/**
 * Compiles the library that is preloaded into Redis, into a folder.
 *
 * @throws PowerLossUnavailable
 */
export async function buildShim(folder: string, root: string): Promise<string> {
  if (process.platform !== 'linux')
    throw new PowerLossUnavailable(`files are watched on Linux only, not on ${process.platform}`)
  const library = join(folder, 'shim.so')
  const failures: string[] = []
  for (const [compiler] of compilers) {
    const failure = await compile([compiler], library)
    if (failure === undefined) return library
    failures.push(failure)
  }
  try {
    const environment = await ensurePythonPackage(zig, { root })
    const failure = await compile(
      [pythonProgram(environment, 'python'), '-m', 'ziglang', 'cc'],
      library,
    )
    if (failure === undefined) return library
    failures.push(failure)
  } catch (error) {
    failures.push(String(error))
  }
  throw new PowerLossUnavailable(`there is no C compiler: ${failures.join('; ')}`)
}

/** What went wrong; undefined when the library is there. */
async function compile(
  [program, ...given]: readonly [string, ...string[]],
  library: string,
): Promise<string | undefined> {
  const options = ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl']
  try {
    await run(program, [...given, ...options])
    await access(library)
    return undefined
  } catch (error) {
    return `${program}: ${error instanceof Error ? error.message : String(error)}`
  }
}
