import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { ensurePythonPackage, pythonProgram } from 'pipewright/embedded'
import { vi } from 'vitest'
import * as z from 'zod'

import { root } from '../source-file.ts'

const run = promisify(execFile)

/** How a run of schemathesis ended. */
export interface FuzzReport {
  readonly passed: boolean
  /** Everything that it printed. */
  readonly text: string
}

const Ended = z.object({ code: z.unknown().optional(), stdout: z.string() })

/** Sends a server what its OpenAPI document allows and what it does not. It takes minutes. */
export async function fuzz(url: string, token: string, seed: string): Promise<FuzzReport> {
  const program = await schemathesis()
  const config = ['--config-file', join(import.meta.dirname, 'schemathesis.toml')]
  const header = ['--header', `Authorization: Bearer ${token}`]
  const settings = ['--seed', seed, '--workers', '2', '--no-color']
  const told: unknown = await run(
    program,
    [...config, 'run', `${url}/openapi.json`, ...header, ...settings],
    { maxBuffer: 2 ** 28 },
  ).catch((error: unknown) => error)
  const { code, stdout } = Ended.parse(told)
  return { passed: code === undefined, text: stdout }
}

/** The program, in an environment apart from that of the tests, whose packages it would change. */
async function schemathesis(): Promise<string> {
  vi.stubEnv('PIPEWRIGHT_PYTHON_ENV', join(root, '.pipewright', 'schemathesis'))
  try {
    const requirements = ['schemathesis==4.32.5']
    const wanted = { name: 'schemathesis', requirements, announcement: 'installing schemathesis' }
    return pythonProgram(await ensurePythonPackage(wanted, { root }), 'schemathesis')
  } finally {
    vi.unstubAllEnvs()
  }
}
