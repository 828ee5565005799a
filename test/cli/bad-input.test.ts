import { afterAll, beforeAll, expect, test } from 'vitest'

import { testProject, type Ended, type TestProject } from './test-project.ts'

let project: TestProject
beforeAll(async () => {
  project = await testProject()
})
afterAll(() => project.dispose())

/** Input that is refused before anything is written to Redis. */
interface BadInput {
  readonly input: string
  readonly args: readonly string[]
  readonly exitCode: number
  readonly code: string
  /** Text that the one message on standard error holds. */
  readonly said: readonly string[]
  /** Content of a file for the time of the command; null takes it away. */
  readonly file?: readonly [path: string, text: string | null]
}

const badInputs: readonly BadInput[] = [
  {
    input: 'an unknown pipeline, and names the nearest',
    args: ['trainig'],
    exitCode: 2,
    code: 'UNKNOWN_PIPELINE',
    said: ['"trainig"', 'Did you mean "training"?'],
  },
  {
    input: 'an unknown param, and names the nearest',
    args: ['training', '--params', 'train.epoch=3'],
    exitCode: 2,
    code: 'UNKNOWN_PARAM',
    said: ['"train.epoch"', 'Did you mean "train.epochs"?'],
  },
  {
    input: 'a param of the wrong type',
    args: ['training', '--params', 'train.epochs=many'],
    exitCode: 2,
    code: 'INVALID_PARAM',
    said: ['"train.epochs"', 'expected number', '"many"'],
  },
  {
    input: 'a param without a value',
    args: ['training', '--params', 'epochs'],
    exitCode: 2,
    code: 'INVALID_PARAM_ARGUMENT',
    said: ['"epochs"'],
  },
  {
    input: 'malformed YAML, with file, line and column',
    args: ['training'],
    file: ['conf/base/parameters.yml', 'train:\n  epochs: [1\n'],
    exitCode: 3,
    code: 'CONFIG_SYNTAX',
    said: ['conf/base/parameters.yml:3:1: '],
  },
  {
    input: 'the missing file of a dataset, with the dataset and the path',
    args: ['training'],
    file: ['data/numbers.csv', null],
    exitCode: 3,
    code: 'DATASET_NOT_FOUND',
    said: ["'numbers'", '/data/numbers.csv is not there'],
  },
  {
    input: 'a Redis that does not answer',
    args: ['training', '--redis', 'redis://127.0.0.1:1'],
    exitCode: 4,
    code: 'REDIS_UNREACHABLE',
    said: ['redis://127.0.0.1:1'],
  },
  {
    input: 'an environment that is not there',
    args: ['training', '--env', 'prod'],
    exitCode: 3,
    code: 'CONFIG_ENV_NOT_FOUND',
    said: ['"prod"'],
  },
  {
    input: 'an unknown node of a slice, and names the nearest',
    args: ['training', '--from-nodes', 'evalute'],
    exitCode: 2,
    code: 'UNKNOWN_NODE',
    said: ['"evalute"', 'Did you mean "evaluate"?'],
  },
  {
    input: 'a slice that needs a dataset which nobody has made',
    args: ['training', '--nodes', 'evaluate'],
    exitCode: 3,
    code: 'DATASET_NOT_FOUND',
    said: ["'model'", '/data/model.json'],
  },
  {
    input: 'a tag without a value',
    args: ['training', '--tag', 'team'],
    exitCode: 2,
    code: 'INVALID_OPTION_VALUE',
    said: ['--tag "team"'],
  },
]

test.each(badInputs)('run refuses $input', async ({ args, exitCode, code, said, file }) => {
  const ended = await withFile(file, () => project.pipewright('run', ...args, '--no-mlflow'))
  for (const text of said) expect(ended.stderr).toContain(text)
  expect(ended.stderr).toContain(`docs/errors/${code}.md`)
  expect(ended.stderr.match(/^error/gm)).toHaveLength(1)
  expect(ended.stderr).not.toMatch(/^ +at /m)
  expect(ended.exitCode).toBe(exitCode)
  expect(await project.keys()).toEqual([])
})

async function withFile(file: BadInput['file'], action: () => Promise<Ended>): Promise<Ended> {
  if (file === undefined) return action()
  const [path, text] = file
  const before = await project.read(path)
  await (text === null ? project.remove(path) : project.write(path, text))
  try {
    return await action()
  } finally {
    await project.write(path, before)
  }
}

test('enqueue refuses the same before anything is written to Redis', async () => {
  const unknown = await project.pipewright('enqueue', 'trainig')
  expect(unknown.exitCode).toBe(2)
  expect(unknown.stderr).toContain('Did you mean "training"?')
  const params = await project.pipewright('enqueue', 'training', '--params', 'train.epochs=many')
  expect(params.exitCode).toBe(2)
  expect(params.stderr).toContain('"train.epochs"')
  expect(await project.keys()).toEqual([])
})

test('an output that its schema refuses fails the run, with node, dataset and the path in the value', async () => {
  const ended = await project.pipewright('run', 'wrong', '--no-mlflow')
  expect(ended.stderr).toContain('lie failed')
  expect(ended.stderr).toContain("'made'")
  expect(ended.stderr).toMatch(/list\W*1/)
  expect(ended.stderr).toContain('docs/errors/DATASET_INVALID.md')
  expect(ended.exitCode).toBe(1)
})

test('usage errors say where help is', async () => {
  const unknown = await project.pipewright('runn')
  expect(unknown.stderr).toContain("unknown command 'runn'")
  expect(unknown.stderr).toContain('Did you mean')
  const option = await project.pipewright('run', 'training', '--bogus')
  expect(option.stderr).toContain("unknown option '--bogus'")
  expect(option.stderr).toContain('pipewright run --help')
  const number = await project.pipewright('worker', '--concurrency', '0')
  expect(number.stderr).toContain('at least 1')
  const missing = await project.pipewright('run')
  expect(missing.stderr).toContain("missing required argument 'pipeline'")
  for (const { exitCode } of [unknown, option, number, missing]) expect(exitCode).toBe(2)
})

test('a folder without a project is no place to run', async () => {
  expect((await project.pipewright('pipelines', 'list')).exitCode).toBe(0)
  await project.remove('pipewright.config.ts')
  const { stderr, exitCode } = await project.pipewright('pipelines', 'list')
  expect(stderr).toContain(`There is no pipewright.config.ts in ${project.root}`)
  expect(exitCode).toBe(3)
})

test('with --json the error is an object on standard output too', async () => {
  const ended = await project.pipewright('pipelines', 'list', '--json')
  expect(JSON.parse(ended.stdout)).toMatchObject({
    type: 'error',
    code: 'PROJECT_NOT_FOUND',
    exitCode: 3,
  })
})
