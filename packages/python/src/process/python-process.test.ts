import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { PythonProcess } from './python-process.ts'

const folder = join(import.meta.dirname, 'fixture')
const context = { runId: 'r', node: 'n', attempt: 1, idempotencyKey: 'r/n', trackingUri: undefined }

function open(longestOutput?: number): PythonProcess {
  const options = { python: 'python3', cwd: folder, folder }
  const made = new PythonProcess({ ...options, ...(longestOutput && { longestOutput }) })
  onTestFinished(() => made.kill('cancelled'))
  return made
}

async function printed(
  python: PythonProcess,
  called: string,
): Promise<{ readonly lines: readonly string[]; readonly error: unknown }> {
  const lines: string[] = []
  const observer = { onLog: (_: string, line: string) => void lines.push(line), onMetric: () => {} }
  const place = { folder, module: 'prints', function: called }
  const error = await python
    .call({ ...place, arguments: {}, params: {}, outputs: [], context }, observer)
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
  return { lines, error }
}

test('everything that was printed is there before the result, in its order', async () => {
  const python = open()
  expect(await printed(python, 'numbers')).toEqual({
    lines: [...Array(1500).keys()].map(String),
    error: undefined,
  })
  expect(await printed(python, 'unfinished')).toEqual({
    lines: ['no end of line'],
    error: undefined,
  })
  expect(await printed(python, 'native')).toEqual({ lines: ['by number'], error: undefined })
  expect(await printed(python, 'numbers')).toMatchObject({ error: undefined })
})

test('lines are cut, and left out when there are too many', async () => {
  const { lines } = await printed(open(), 'floods')
  const [first] = lines
  expect(first).toHaveLength(8192)
  expect(lines.length).toBeLessThan(30_000)
  const notice = /^\d+ lines were left out: more than 2000 were printed in a second\.$/
  expect(lines.some((line) => notice.test(line))).toBe(true)
})

test('a process that prints without end is ended and named', async () => {
  const python = open(2 ** 21)
  const { error } = await printed(python, 'for_ever')
  expect(error).toMatchObject({
    code: 'PYTHON_OUTPUT_LIMIT',
    message: `The Python process was ended, for it printed more than ${2 ** 21} bytes, while it ran node "n".`,
  })
  expect(python.usable).toBe(false)
})

test('an interpreter that is not there is named', async () => {
  const python = new PythonProcess({ python: '/nowhere/python', cwd: folder, folder })
  await expect(python.ready).rejects.toMatchObject({
    code: 'PYTHON_NOT_STARTED',
    message: expect.stringContaining('/nowhere/python'),
  })
})

test('a program that is no Python is named', async () => {
  const python = new PythonProcess({ python: '/bin/false', cwd: folder, folder })
  await expect(python.ready).rejects.toMatchObject({ code: 'PYTHON_EXITED' })
  expect(existsSync(python.folder), 'nothing is left of it').toBe(false)
})
