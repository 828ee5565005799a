import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { loadModel, unpackModel } from '@pipewright/engine/model'
import { folderSource, serveModel, type ModelServer } from '@pipewright/serving'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { mlflow, MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { offers, packedPrices } from './packed-prices.ts'
import { ServedCommand } from './served-command.ts'

const rows = offers(1000)
const columns = ['place', 'area', 'rooms', 'age', 'floor', 'hasGarden'] as const
const data = rows.map((row) => columns.map((column) => row[column] ?? null))
const csv = [columns, ...data].map((cells) => cells.map(csvCell).join(',')).join('\n')

interface Answer {
  readonly status: number
  readonly type: string | null
  readonly body: { readonly error_code?: string; readonly predictions?: unknown } | string
}

let folder: string
let ours: ServedCommand
/** MLflow's own server, which is a child of ours for models that only Python can run. */
let stock: ModelServer
beforeAll(async () => {
  await mlflow()
  folder = await mkdtemp(join(tmpdir(), 'pipewright-stock-'))
  await unpackModel(await packedPrices(), join(folder, 'model'))
  const options = { model: join(folder, 'model'), source: folderSource(), log, port: 0 }
  const python = join(process.env['PIPEWRIGHT_PYTHON_ENV'] ?? '', 'bin', 'python')
  ours = await ServedCommand.start(folder, 'model')
  stock = await serveModel({ ...options, flavor: 'python_function', python: { python } })
}, MLFLOW_TIMEOUT_MS)
afterAll(async () => {
  await Promise.all([ours?.end(), stock?.close()])
  await rm(folder, { recursive: true, force: true })
})

const silent = (): void => undefined
const log = { info: silent, warn: silent, error: silent }

async function ask(
  server: { readonly url: string },
  body: string,
  type = 'application/json',
): Promise<Answer> {
  const headers = { 'content-type': type }
  const answer = await fetch(`${server.url}/invocations`, { method: 'POST', headers, body })
  const text = await answer.text()
  const isJson = answer.headers.get('content-type') === 'application/json'
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    body: isJson ? JSON.parse(text) : text,
  }
}

describe('predictions', () => {
  it('of 1,000 rows are those of the pipeline in process and of MLflow’s own server', async () => {
    const model = await loadModel(join(folder, 'model'))
    const predictions = await model.predict(rows)
    await model.close()
    const requests = [
      ['application/json', JSON.stringify({ dataframe_split: { columns, data } })],
      ['application/json', JSON.stringify({ dataframe_records: rows })],
      ['text/csv', csv],
    ] as const
    for (const [type, body] of requests) {
      expect(await ask(ours, body, type)).toMatchObject({ status: 200, body: { predictions } })
      expect(await ask(stock, body, type)).toMatchObject({ status: 200, body: { predictions } })
    }
  })
})

describe('our answers', () => {
  const one = { place: 'Ulm', area: 80.5, rooms: 3, age: 12, floor: 2, hasGarden: true }
  const two = { place: 'Köln', area: 40, rooms: 1, age: null, hasGarden: false }
  const [names, cells] = [Object.keys(one), Object.values(one)]
  it.each([
    ['split', { dataframe_split: { columns: names, data: [cells] } }],
    ['split with an index', { dataframe_split: { columns: names, index: [4], data: [cells] } }],
    ['records', { dataframe_records: [one, two] }],
    ['records with more than the contract', { dataframe_records: [{ ...one, more: 1 }] }],
    ['params', { dataframe_records: [one], params: { threshold: 1 } }],
    ['instances', { instances: [one, one] }],
    ['inputs as records', { inputs: [one, one] }],
    [
      'inputs by column',
      { inputs: Object.fromEntries(names.map((name, at) => [name, [cells[at]]])) },
    ],
    ['inputs of one row', { inputs: one }],
    ['no rows', { dataframe_split: { columns: names, data: [] } }],
    ['no input', {}],
    ['another key', { rows: [one] }],
    ['two inputs', { inputs: [one], instances: [one] }],
    ['a list', [one]],
    ['a word', 'text'],
    ['split that is a list', { dataframe_split: [one] }],
    ['split without data', { dataframe_split: { columns: ['place'] } }],
    ['split with more', { dataframe_split: { columns: names, data: [cells], more: 1 } }],
    ['uneven split', { dataframe_split: { columns: ['place'], data: [['A', 1]] } }],
    ['records that are an object', { dataframe_records: one }],
    ['a missing column', { dataframe_records: [{ place: 'Ulm', rooms: 1 }] }],
    ['a column of another kind', { dataframe_records: [{ ...one, area: 'large' }] }],
    ['instances of another kind', { instances: [{ ...one, area: 'large' }] }],
  ])('to %s are MLflow’s', async (_, body) => {
    const text = JSON.stringify(body)
    const [own, theirs] = await Promise.all([ask(ours, text), ask(stock, text)])
    expect(comparable(own)).toEqual(comparable(theirs))
  })

  it.each([
    [
      'text/csv',
      'rooms,place,area,age,hasGarden\n3,"Ulm, ""old""",80.5,NA,True\n1,007,40,5,False\n',
    ],
    ['text/csv; charset=utf-8', 'place,area,rooms,age,hasGarden\nUlm,1e2,1,,True\n'],
    ['text/csv', 'place,area,rooms,age,hasGarden\nUlm,large,1,1,True\n'],
    ['text/csv', ''],
    ['application/json; charset=UTF-8', JSON.stringify({ inputs: [one] })],
    ['application/json', '{"inputs": ['],
    [
      'application/json',
      '{"dataframe_split": {"columns": ["place", "area", "rooms", "hasGarden", "age"], "data": [["A", 1.5, 2, true, NaN]]}}',
    ],
    ['application/json; charset=latin1', '{}'],
    ['application/json; format=pandas-split', '{}'],
    ['text/html', '{}'],
  ])('to %s are MLflow’s: %s', async (type, body) => {
    const [own, theirs] = await Promise.all([ask(ours, body, type), ask(stock, body, type)])
    expect(comparable(own)).toEqual(comparable(theirs))
  })
})

describe('the command', () => {
  it('ends in good order when it is told to', async () => {
    expect(await ours.end()).toEqual([0, null])
  })
})

/** Everything but the words of a refusal, which are our own. */
function comparable({ status, type, body }: Answer): unknown {
  if (typeof body === 'string') return { status, type }
  const { predictions, error_code } = body
  return { status, type, predictions, error_code }
}

function csvCell(value: string | number | boolean | null): string {
  if (value === null) return ''
  return typeof value === 'string' ? `"${value.replaceAll('"', '""')}"` : String(value)
}
