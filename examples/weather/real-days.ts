import { readFileSync } from 'node:fs'

import type { Value } from '@pipewright/engine'

import { rawDays } from './datasets.ts'
import { visibleDays } from './nodes/clean.ts'
import { featureRows } from './nodes/features.ts'
import { splitByTime } from './nodes/split.ts'

/** The committed data, for tests that run without a catalog. */
export function readRawDays(): Value<typeof rawDays> {
  const file = new URL('data/01_raw/seattle-weather.csv', import.meta.url)
  const [header, ...lines] = readFileSync(file, 'utf8').trim().split('\n')
  const names = header?.split(',') ?? []
  return rawDays.schema.parse(
    lines.map((line) => {
      const cells = line.split(',').map((cell) => (/^-?[\d.]+$/.test(cell) ? Number(cell) : cell))
      return Object.fromEntries(names.map((name, index) => [name, cells[index]]))
    }),
  )
}

/** Training, selection and test rows of the committed data. */
export function readSplit(): ReturnType<typeof splitByTime> {
  return splitByTime(featureRows(visibleDays(readRawDays(), '2015-12-31')), '2015-12-31')
}
