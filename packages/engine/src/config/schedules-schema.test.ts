import { describe, expect, it } from 'vitest'

import { confFolder } from './fixture/conf-folder.ts'
import type { Config } from './load-config.ts'

const project = confFolder()

async function load(text: string): Promise<Config> {
  return await project.load({ 'base/schedules.yml': text })
}

describe('schedules.yml', () => {
  it('is read with its defaults', async () => {
    const { schedules } = await load(
      `retrain:\n  pipeline: training\n  cron: '0 3 1 * *'\n  timezone: Europe/Berlin\n  start: 2026-01-01\n`,
    )
    expect(schedules).toEqual({
      retrain: {
        pipeline: 'training',
        cron: '0 3 1 * *',
        timezone: 'Europe/Berlin',
        // When the day begins there.
        start: Date.UTC(2025, 11, 31, 23),
        params: {},
        tags: {},
        overlap: 'skip',
        catchup: 3_600_000,
        jitter: 0,
      },
    })
  })

  it('takes an interval, lengths of time and a negative priority', async () => {
    const { schedules } = await load(
      `poll:\n  pipeline: poll\n  every: 90s\n  catchup: 24h\n  jitter: 10s\n  priority: -5\n`,
    )
    expect(schedules['poll']).toMatchObject({
      every: 90_000,
      catchup: 86_400_000,
      jitter: 10_000,
      priority: -5,
    })
  })

  it.each([
    ['  cron: 61 * * * *', 3, 9, 'CONFIG_INVALID'],
    ["  cron: '0 0 30 2 *'", 3, 9, 'CONFIG_INVALID'],
    ["  cron: '0 0 * * * *'", 3, 9, 'CONFIG_INVALID'],
    ["  every: 1h\n  cron: '0 * * * *'", 2, 3, 'CONFIG_INVALID'],
    ['  every: 10ms', 3, 10, 'CONFIG_INVALID'],
    ["  cron: '0 * * * *'\n  timezone: Mars/Base", 4, 13, 'CONFIG_INVALID'],
    ["  cron: '0 * * * *'\n  overlap: never", 4, 12, 'CONFIG_INVALID'],
    ["  cron: '0 * * * *'\n  start: 2026-01-01T06:00:00", 4, 10, 'CONFIG_INVALID'],
    ['  every: 1h\n  start: 2026-02-01\n  end: 2026-01-01', 5, 8, 'CONFIG_INVALID'],
    ["  cron: '0 * * * *'\n  time_zone: UTC", 4, 3, 'CONFIG_UNKNOWN_KEY'],
  ])('with %j is refused at line %i, column %i', async (text, line, column, code) => {
    await expect(load(`nightly:\n  pipeline: training\n${text}\n`)).rejects.toMatchObject({
      code,
      position: { file: 'conf/base/schedules.yml', line, column },
    })
  })
})
