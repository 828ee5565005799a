import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { linearModel, writeOnnxModel } from '../fixture/onnx-model.ts'
import { readModelFolder } from '../model-folder.ts'
import { answerRequest } from './answer-request.ts'
import { openOnnxScorer } from './onnx-scorer.ts'

let parent: string
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'pipewright-onnx-'))
})
afterAll(() => rm(parent, { recursive: true }))

// score = 2a + 3b + 0.5
const file = linearModel([[2], [3]], [0.5])
const tensors = [{ type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, 2] } }]
const columns = [
  { type: 'double', name: 'a', required: true },
  { type: 'double', name: 'b', required: true },
]

async function predict(
  signature: readonly object[] | undefined,
  input: object | string,
): Promise<unknown> {
  const folder = await readModelFolder(await writeOnnxModel(parent, file, signature))
  const scorer = await openOnnxScorer(folder, [])
  const isCsv = typeof input === 'string'
  const { body } = await answerRequest(scorer, {
    contentType: isCsv ? 'text/csv' : 'application/json',
    body: Buffer.from(isCsv ? input : JSON.stringify(input)),
  })
  await scorer.close()
  return JSON.parse(Buffer.from(body).toString('utf8'))
}

const split = {
  dataframe_split: {
    columns: ['a', 'b'],
    data: [
      [1, 1],
      [2, null],
    ],
  },
}
const records = { predictions: [{ score: 5.5 }, { score: null }] }
const named = { predictions: { score: [[5.5], [10.5]] } }

describe('an ONNX model', () => {
  it('answers data frames with records, and tensors by the names of its outputs', async () => {
    expect(await predict(undefined, split)).toEqual(records)
    expect(await predict(undefined, 'a,b\n1,1\n2,\n')).toEqual(records)
    expect(
      await predict(undefined, {
        instances: [
          [1, 1],
          [2, 2],
        ],
      }),
    ).toEqual(named)
    expect(
      await predict(undefined, {
        inputs: {
          features: [
            [1, 1],
            [2, 2],
          ],
        },
      }),
    ).toEqual(named)
    expect(
      await predict(undefined, { instances: [{ features: [1, 1] }, { features: [2, 2] }] }),
    ).toEqual(named)
  })

  it('with a signature of tensors takes data frames for tensors', async () => {
    const whole = {
      dataframe_split: {
        columns: ['a', 'b'],
        data: [
          [1, 1],
          [2, 2],
        ],
      },
    }
    expect(await predict(tensors, whole)).toEqual(named)
  })

  it('with a signature of columns takes everything for data frames, in its own order', async () => {
    const turned = {
      dataframe_records: [
        { b: 1, a: 2, more: true },
        { b: 0, a: 0 },
      ],
    }
    const expected = { predictions: [{ score: 7.5 }, { score: 0.5 }] }
    expect(await predict(columns, turned)).toEqual(expected)
    expect(await predict(columns, { inputs: { b: [1, 0], a: [2, 0] } })).toEqual(expected)
    expect(await predict(columns, { dataframe_records: [{ a: 1 }] })).toMatchObject({
      error_code: 'INVALID_PARAMETER_VALUE',
      message: 'The input lacks the columns b.',
    })
  })

  it('refuses what is no tensor of its kind', async () => {
    const wrong = [
      { instances: [[1, 1], [2]] },
      { instances: [['a', 'b']] },
      { inputs: { other: [[1, 1]] } },
    ]
    for (const input of wrong) {
      expect(await predict(undefined, input)).toMatchObject({
        error_code: 'INVALID_PARAMETER_VALUE',
      })
    }
    // The runtime itself refuses other widths.
    expect(await predict(undefined, { instances: [[1, 2, 3]] })).toMatchObject({
      error_code: 'BAD_REQUEST',
    })
  })
})
