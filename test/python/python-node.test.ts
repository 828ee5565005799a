import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { dataset, NodeError, PipelineError, PipewrightError, table } from '@pipewright/engine'
import { runNode } from '@pipewright/engine/testing'
import { pythonNode } from '@pipewright/python'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'

import { isAlive } from './is-alive.ts'
import { tablePython } from './table-python.ts'

const folder = join(import.meta.dirname, 'fixture')
const lone = join(folder, 'lone-main.ts')
const source = ['--conditions=@pipewright/source']
const patience = { timeout: 20_000 }
const module = 'plain'
const Days = z.array(z.object({ date: z.string(), wind: z.number() }))
const days = dataset('days', Days)
const model = dataset('model', z.object({ weights: z.array(z.number()) }))
const text = dataset('text', z.string())
const answer = dataset('answer', z.string())
const blob = dataset('blob', z.instanceof(Uint8Array))
const two = [
  { date: '2012-01-01', wind: 4.7 },
  { date: '2012-01-02', wind: 4.5 },
]

/** A node with one text output. */
function asks(called: string, params: Readonly<Record<string, z.ZodType>> = {}) {
  return pythonNode({
    name: called,
    folder,
    module,
    function: called,
    inputs: {},
    outputs: { answer },
    params,
  })
}

const end = pythonNode({
  name: 'end',
  folder,
  module,
  function: 'end',
  inputs: {},
  outputs: {},
  params: { how: z.string() },
})
const returns = asks('returns', { what: z.string() })

describe('a Python node', () => {
  it('gives inputs and params by their names, and takes metrics, log lines and prints as they come', async () => {
    const fit = pythonNode({
      name: 'fit',
      folder,
      module,
      function: 'fit',
      inputs: { days },
      outputs: { model },
      params: z.object({ factor: z.number().default(2) }),
    })
    const result = await runNode(fit, { inputs: { days: two } })
    expect(result.outputs).toEqual({ model: { weights: [9.4, 9] } })
    expect(result.metricHistory.map(({ key, value, step }) => [key, value, step])).toEqual([
      ['wind', 4.7, 0],
      ['wind', 4.5, 1],
    ])
    const lines = result.logs
      .map(({ level, message }) => `${level} ${message}`)
      // A slow machine says so.
      .filter((line) => !line.includes('waiting for'))
    expect(lines.toSorted()).toEqual(['info fitted', 'info printed', 'warn to error'])
    expect(result.logs.find(({ message }) => message === 'fitted')?.fields).toEqual({ rows: 2 })
  })

  it('gives text as bytes or as a file where the annotation asks for it', async () => {
    const over = { folder, module, inputs: { text }, outputs: { answer } }
    const shout = pythonNode({ name: 'shout', function: 'shout', ...over })
    const sizeOf = pythonNode({ name: 'size_of', function: 'size_of', ...over })
    const inputs = { text: 'grün' }
    expect((await runNode(shout, { inputs })).outputs.answer).toBe('GRÜN')
    expect((await runNode(sizeOf, { inputs })).outputs.answer).toBe('5 grün')
  })

  it('takes bytes and gives them, and the content of a file that it wrote', async () => {
    const over = { folder, module, outputs: { blob } }
    const reverse = pythonNode({ name: 'reverse', function: 'reverse', inputs: { blob }, ...over })
    const big = new Uint8Array(300_000).map((_, at) => at % 251)
    const reversed = await runNode(reverse, { inputs: { blob: big } })
    expect(Buffer.from(reversed.outputs.blob).equals(Buffer.from(big.toReversed()))).toBe(true)
    const params = { path: z.string() }
    const fileOf = pythonNode({ name: 'file_of', function: 'file_of', inputs: {}, params, ...over })
    const path = join(await temporaryFolder(), 'made.bin')
    const made = await runNode(fileOf, { params: { path } })
    expect(Buffer.from(made.outputs.blob).toString()).toBe('made')
    expect(readFileSync(path, 'utf8'), 'its own file stays').toBe('made')
  })

  it('passes what is too large for a message as files, and removes them', async () => {
    const large = pythonNode({
      name: 'large',
      folder,
      module,
      function: 'large',
      inputs: {},
      outputs: { days },
      params: { rows: z.int() },
    })
    const { outputs } = await runNode(large, { params: { rows: 20_000 } })
    expect(outputs.days.at(-1)).toEqual({ date: '19999', wind: 9999.5 })
  })

  it('runs again in the warm process, and sees no param in its arguments or environment', async () => {
    const who = asks('who', { secret: z.string() })
    const params = { secret: 'a-planted-secret' }
    const first = (await runNode(who, { params })).outputs.answer
    const second = (await runNode(who, { params })).outputs.answer
    expect(second).toBe(first)
    expect(first).toMatch(/^\d+ \S+ $/)
  })

  it('runs as many processes as it has attempts, each alone', async () => {
    const who = asks('who')
    const answers = await Promise.all(
      [1, 2, 3].map(async () => (await runNode(who, {})).outputs.answer),
    )
    expect(new Set(answers.map((each) => each.split(' ')[0])).size).toBe(3)
  })

  it.each([
    ['module', { module: '../evil', function: 'f' }],
    ['module', { module: 'a;b', function: 'f' }],
    ['function', { module: 'm', function: 'f()' }],
  ])('refuses a %s that is none: %o', (_, over) => {
    expect(() => pythonNode({ name: 'n', inputs: {}, outputs: {}, ...over })).toThrow(PipelineError)
  })

  it('refuses an input and a param of one name', () => {
    const params = { days: z.int() }
    const over = { name: 'n', module, function: 'fit', inputs: { days }, outputs: { model } }
    expect(() => pythonNode({ ...over, params })).toThrow(/input and a param named "days"/)
  })
})

describe('a table', () => {
  const Row = z.object({ date: z.string(), wind: z.number().nullable(), rain: z.boolean() })
  const rows = table('rows', Row)
  const doubled = table('doubled', Row)
  let python: string
  beforeAll(async () => {
    python = await tablePython()
  }, 120_000)

  const three = [
    { date: '2012-01-01', wind: 4.7, rain: true },
    { date: '2012-01-02', wind: null, rain: false },
    { date: '2012-01-03', wind: 0.1, rain: true },
  ]
  const expected = three.map((row) => ({ ...row, wind: row.wind === null ? null : row.wind * 2 }))

  it.each(['by_pandas', 'by_arrow'])('is what the annotation of %s asks for', async (called) => {
    const node = pythonNode({
      name: called,
      folder,
      module: 'tables',
      function: called,
      python,
      inputs: { days: rows },
      outputs: { doubled },
    })
    expect((await runNode(node, { inputs: { days: three } })).outputs.doubled).toEqual(expected)
    expect((await runNode(node, { inputs: { days: [] } })).outputs.doubled).toEqual([])
  })

  it('has numbers and arrays of numpy as plain ones', async () => {
    const mean = dataset('mean', z.number())
    const winds = dataset('winds', z.array(z.number()))
    const node = pythonNode({
      name: 'by_numpy',
      folder,
      module: 'tables',
      function: 'by_numpy',
      python,
      inputs: { days },
      outputs: { mean, winds },
    })
    const { outputs } = await runNode(node, { inputs: { days: two } })
    expect(outputs).toEqual({ mean: 4.6, winds: [4.7, 4.5] })
  })
})

describe('a function', () => {
  it('that raises fails the attempt with its traceback', async () => {
    const error = await failure(runNode(asks('fails'), {}))
    expect(error).toMatchObject({
      code: 'PYTHON_EXCEPTION',
      message: 'plain.fails raised ValueError: no such column: wind',
      retryable: true,
    })
    expect(error.stack).toMatch(/^Traceback[\s\S]*plain\.py", line \d+, in inner[\s\S]*ValueError/)
    expect(error.stack).not.toContain('pipewright_node')
  })

  it('whose exception says so is not tried again', async () => {
    expect(await failure(runNode(asks('hopeless'), {}))).toMatchObject({ retryable: false })
  })

  it('with other parameters is not called', async () => {
    const needs = pythonNode({
      name: 'needs',
      folder,
      module,
      function: 'needs',
      inputs: { days },
      outputs: {},
      params: { less: z.int() },
    })
    const error = await failure(runNode(needs, { inputs: { days: two }, params: { less: 1 } }))
    expect(error).toMatchObject({ code: 'PYTHON_ARGUMENT_UNFIT', retryable: false })
    expect(error.message).toContain('it has no parameter "less"')
    expect(error.message).toContain('its parameter "more" is neither')
  })

  it.each([
    ['nowhere', 'fit', "There is no Python module 'nowhere'"],
    ['plain', 'fitt', "has no function 'fitt'. It has: end, fails"],
  ])('%s.%s that is not there is named', async (module, called, message) => {
    const node = pythonNode({
      name: 'n',
      folder,
      module,
      function: called,
      inputs: {},
      outputs: {},
    })
    const error = await failure(runNode(node, {}), message)
    expect(error).toMatchObject({ code: 'PYTHON_FUNCTION_NOT_FOUND' })
  })

  it.each([
    ['nothing', 'PYTHON_OUTPUT_UNFIT', 'a NoneType in place of a dict'],
    ['list', 'PYTHON_OUTPUT_UNFIT', 'a list in place of a dict'],
    ['missing', 'PYTHON_OUTPUT_UNFIT', "no key 'answer'"],
    ['unknown', 'PYTHON_OUTPUT_UNFIT', "the key 'other' that is no output"],
    ['nan', 'PYTHON_OUTPUT_UNFIT', 'at /rows/1/x is nan'],
    ['object', 'PYTHON_OUTPUT_UNFIT', 'at /when is a builtins.object'],
    ['path', 'PYTHON_OUTPUT_UNFIT', 'cannot be read'],
    ['wrong', 'DATASET_INVALID', 'what plain.returns returned'],
  ])('that returns %s is refused with %s', async (what, code, message) => {
    expect(await failure(runNode(returns, { params: { what } }), message)).toMatchObject({ code })
  })
})

describe('a process', () => {
  it.each([
    ['segfault', 'PYTHON_CRASHED', 'ended by SIGSEGV, while it ran node "end"'],
    ['exit', 'PYTHON_EXITED', 'exit code 7'],
    ['sys.exit', 'PYTHON_EXCEPTION', 'raised SystemExit: 3'],
    ['kill', 'PYTHON_KILLED', 'ended by SIGKILL'],
    ['memory', 'PYTHON_OUT_OF_MEMORY', 'no room for 8 GiB'],
    ['garbage', 'PYTHON_PROTOCOL', 'what is no message'],
    ['length', 'PYTHON_PROTOCOL', 'what is no message'],
  ])(
    'that ends by %s is named by %s, and the next attempt has another',
    async (how, code, message) => {
      const error = await failure(runNode(end, { params: { how } }), message)
      expect(error).toMatchObject({ code, retryable: true })
      expect(error.stack?.includes('Segmentation fault')).toBe(how === 'segfault')
    },
  )

  it.each(['hangs', 'holds'])(
    'that %s is ended when it is stopped, with all that it has started',
    async (called) => {
      const path = join(await temporaryFolder(), 'processes')
      const node = writes(called)
      const stop = new AbortController()
      const running = failure(runNode(node, { params: { path }, signal: stop.signal }))
      await expect.poll(() => contentOf(path), patience).not.toBe('')
      stop.abort(new NodeError('RUN_CANCELLED', 'stopped by hand'))
      expect(await running).toMatchObject({ code: 'RUN_CANCELLED' })
      const started = contentOf(path).split(' ').map(Number)
      expect(started).toHaveLength(called === 'hangs' ? 2 : 1)
      for (const pid of started) await expect.poll(() => isAlive(pid), patience).toBe(false)
    },
  )

  it('that heeds being stopped may end by itself, and stays warm', async () => {
    const path = join(await temporaryFolder(), 'process')
    const stop = new AbortController()
    const running = failure(runNode(writes('heeds'), { params: { path }, signal: stop.signal }))
    await expect.poll(() => contentOf(path), patience).not.toBe('')
    stop.abort(new NodeError('RUN_CANCELLED', 'stopped by hand'))
    expect(await running).toMatchObject({ code: 'RUN_CANCELLED' })
    expect(contentOf(path)).toBe('saw it')
  })

  it('goes with its worker that is killed, though it holds the lock of its interpreter', async () => {
    const path = join(await temporaryFolder(), 'process')
    const worker = spawn(process.execPath, [...source, lone, path])
    await expect.poll(() => contentOf(path), patience).not.toBe('')
    const pid = Number(contentOf(path))
    expect(isAlive(pid)).toBe(true)
    worker.kill('SIGKILL')
    await expect.poll(() => isAlive(pid), patience).toBe(false)
  })

  it('does not keep a program from ending, and goes with it', async () => {
    const path = join(await temporaryFolder(), 'process')
    const program = spawn(process.execPath, [...source, lone, path, 'brief'])
    const [code] = await once(program, 'exit')
    expect(code).toBe(0)
    const pid = Number(contentOf(path))
    expect(pid).toBeGreaterThan(0)
    await expect.poll(() => isAlive(pid), patience).toBe(false)
  })
})

/** A node whose function writes the ids of its processes into a file. */
function writes(called: string) {
  const params = { path: z.string() }
  return pythonNode({
    name: called,
    folder,
    module,
    function: called,
    inputs: {},
    outputs: {},
    params,
  })
}

function contentOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

/** What a promise is rejected with, whose message holds a text. */
async function failure(work: Promise<unknown>, message = ''): Promise<NodeError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(PipewrightError)
  expect(error).toMatchObject({ message: expect.stringContaining(message) })
  // Just seen.
  return error as NodeError
}

async function temporaryFolder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'pipewright-python-test-'))
  onTestFinished(async () => rm(made, { recursive: true, force: true }))
  return made
}
