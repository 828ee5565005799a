import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { dataset } from '@pipewright/engine'
import { runNode } from '@pipewright/engine/testing'
import { pythonNode } from '@pipewright/python'
import { runCommand } from '@pipewright/python/environment'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'

import { tablePython } from './table-python.ts'

const answer = dataset('answer', z.string())
let folder: string
let wheel: string

/** A package that no index has, so that nothing is downloaded. */
const makeWheel = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("tiny_answer.py", "ANSWER = 'forty-two'\\n")
    info = "tiny_answer-1.0.dist-info/"
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: tiny-answer\\nVersion: 1.0\\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "RECORD", "")
`

beforeAll(async () => {
  // uv lies in the same environment.
  const python = await tablePython()
  folder = await mkdtemp(join(tmpdir(), 'pipewright-environment-'))
  vi.stubEnv('PIPEWRIGHT_PYTHON_ENVIRONMENTS', join(folder, 'environments'))
  wheel = join(folder, 'tiny_answer-1.0-py3-none-any.whl')
  await runCommand(python, ['-c', makeWheel, wheel])
  await writeFile(
    join(folder, 'asks.py'),
    'import tiny_answer\n\ndef ask():\n    return {"answer": tiny_answer.ANSWER}\n',
  )
}, 300_000)
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

function asks(name: string, requirements: readonly string[] | string) {
  const over = { folder, module: 'asks', function: 'ask', inputs: {}, outputs: { answer } }
  return pythonNode({ name, ...over, requirements })
}

describe('an environment', () => {
  it('is made once for all nodes that have the same requirements, and says so', async () => {
    await writeFile(
      join(folder, 'requirements.txt'),
      `# what asks.py imports\n${wheel}  # a file\n`,
    )
    const results = await Promise.all([
      runNode(asks('one', [wheel]), {}),
      runNode(asks('two', [wheel]), {}),
      runNode(asks('three', 'requirements.txt'), {}),
    ])
    expect(results.map(({ outputs }) => outputs.answer)).toEqual(Array(3).fill('forty-two'))
    const made = await readdir(join(folder, 'environments'))
    expect(made).toHaveLength(1)
    expect(existsSync(join(folder, 'environments', made[0] ?? '', 'bin', 'python'))).toBe(true)
    const lines = results.flatMap(({ logs }) => logs.map(({ message }) => message))
    expect(lines.filter((line) => line.startsWith('making the Python environment'))).toHaveLength(1)
  }, 120_000)

  it('whose requirements cannot be had is named with what uv says', async () => {
    const missing = join(folder, 'nowhere-1.0-py3-none-any.whl')
    await expect(runNode(asks('missing', [missing]), {})).rejects.toMatchObject({
      code: 'PYTHON_INSTALL_FAILED',
      message: expect.stringContaining('nowhere'),
    })
  }, 120_000)

  it('whose requirements file is not there is named', async () => {
    await expect(runNode(asks('none', 'no.txt'), {})).rejects.toMatchObject({
      code: 'PYTHON_REQUIREMENTS_UNREADABLE',
    })
  })

  it('of a Python that is not there is named', async () => {
    const over = { folder, module: 'asks', function: 'ask', inputs: {}, outputs: { answer } }
    const node = pythonNode({ name: 'old', ...over, python: '3.99' })
    await expect(runNode(node, {})).rejects.toMatchObject({
      code: 'PYTHON_NOT_FOUND',
      message: 'There is no Python 3.10 or newer as python3.99.',
    })
  })
})
