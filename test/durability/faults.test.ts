import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { findRows, loadRow } from '../faults/runner/find-rows.ts'
import { runRow } from '../faults/runner/run-row.ts'
import { mlflow } from '../support/mlflow.ts'
import { sharedRedisUrl } from '../support/redis.ts'

/** Rows whose faults have tests of their own, which do in each run of the tests what the row would do again. */
const elsewhere: Readonly<Record<string, string>> = {
  F7: 'test/durability/strict-power-loss.test.ts',
  F16: 'test/adapter/outage.test.ts',
  F17: 'test/adapter/crash-points.test.ts',
  F21: 'test/system/rolling-upgrade.test.ts',
}
const rows = (await findRows()).filter(({ row }) => elsewhere[row] === undefined)
/** Rows mostly wait for leases and processes: so many at once keep two cores busy. */
const together = 3
const groups = Array.from({ length: Math.ceil(rows.length / together) }, (_, at) =>
  rows.slice(at * together, (at + 1) * together),
)
/** The same faults in each run of the tests; `npm run faults -- --seed N` does others. */
const seed = 1

describe('the fault matrix, in short', () => {
  it.each(Object.entries(elsewhere))('%s is survived in %s', (_, file) => {
    expect(existsSync(join(import.meta.dirname, '..', '..', file))).toBe(true)
  })

  describe.each(groups.map((files) => [files.map(({ row }) => row).join(', '), files] as const))(
    'rows %s',
    (_, files) => {
      it.concurrent.each(files.map((file) => [file.row, file] as const))(
        '%s is survived',
        async (_name, file) => {
          const said: string[] = []
          const result = await runRow(await loadRow(file), {
            seed,
            scale: 0.05,
            short: true,
            signal: new AbortController().signal,
            redisUrl: sharedRedisUrl(),
            mlflowUrl: async () => (await mlflow()).uri,
            say: (_row, text) => said.push(text),
          })
          const { notes, pass, ...figures } = result
          expect(pass ? [] : [...said, ...notes, JSON.stringify(figures)]).toEqual([])
        },
        120_000,
      )
    },
  )
})
