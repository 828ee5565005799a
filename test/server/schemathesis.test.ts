import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { dataset, node, pipeline } from '@pipewright/engine'
import { ensurePythonPackage, pythonProgram } from 'pipewright/embedded'
import { expect, it, vi } from 'vitest'
import * as z from 'zod'

import { root } from '../source-file.ts'
import { served, tokens } from './served.ts'

const run = promisify(execFile)

/** It installs a Python program and sends tens of thousands of requests: minutes, so only where it is asked for. */
const isAsked = process.env['PIPEWRIGHT_TEST_SCHEMATHESIS'] === '1'
const budget = 1_200_000

const model = dataset('model', z.unknown())

/** The pipeline that the examples of the document name. */
const training = pipeline('training', [
  node({
    name: 'train',
    inputs: {},
    outputs: { model },
    params: { epochs: z.int().min(1).max(1000).default(20) },
    isolation: 'inline',
    run: (_, { params }) => ({ model: params }),
  }),
])

/** Apart from the tests' own environment, whose packages it would change. */
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

it.skipIf(!isAsked)(
  'passes schemathesis on its own OpenAPI document',
  async () => {
    const program = await schemathesis()
    const { bench, url, log } = await served([training], { rate: { max: 1_000_000, per: 1000 } })
    await bench.work()
    const config = ['--config-file', join(import.meta.dirname, 'schemathesis.toml')]
    const header = ['--header', `Authorization: Bearer ${tokens.all}`]
    const seed = ['--seed', process.env['PIPEWRIGHT_TEST_SEED'] ?? '1']
    const told = await run(
      program,
      [...config, 'run', `${url}/openapi.json`, ...header, ...seed, '--no-color'],
      { cwd: bench.root, maxBuffer: 2 ** 28 },
    ).catch((error: unknown) => error)
    const { stdout } = z.object({ stdout: z.string() }).parse(told)
    console.log(stdout)
    expect(stdout).toMatch(/No issues found|\d+ passed/)
    expect(told).not.toBeInstanceOf(Error)
    expect(log.filter(({ status }) => Number(status) >= 500)).toEqual([])
    expect((await bench.client.runs.newest()).map(({ pipeline }) => pipeline)).toContain('training')
  },
  budget,
)
