import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { dataset } from '../../definition/dataset.ts'
import { driverConformance } from '../../testing/driver-conformance.ts'
import { text } from './text.ts'

const report = dataset('report', z.string())

describe('the text driver', () => {
  const suite = driverConformance({
    driver: text,
    samples: [
      { name: 'an empty text', dataset: report, value: '' },
      { name: 'all line endings', dataset: report, value: 'a\r\nb\nc\rd\n' },
      { name: 'text of all scripts', dataset: report, value: '风 🌬 \u0000 x\uFEFF' },
      { name: 'a large text', dataset: report, value: 'line\n'.repeat(100_000) },
    ],
    refused: [
      { name: 'a number', dataset: report, value: 3, path: 'number' },
      { name: 'half of a surrogate pair', dataset: report, value: 'a\uD800', path: 'surrogate' },
      {
        name: 'a leading byte order mark',
        dataset: report,
        value: '\uFEFFa',
        path: 'byte order mark',
      },
    ],
    broken: [
      { name: 'bytes that are not UTF-8', dataset: report, bytes: Uint8Array.of(0x61, 0xc3, 0x28) },
    ],
  })
  test.each(suite)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })
})
