import { expect, it } from 'vitest'

import { limitedLog, type AdapterLog } from './log.ts'

it('a log in an outage gets eight warnings and errors a second, and all that is no trouble', () => {
  const lines: string[] = []
  const write: AdapterLog['info'] = (_fields, message) => lines.push(message)
  const log = limitedLog({ info: write, warn: write, error: write })
  for (let line = 0; line < 500; line += 1) {
    log.warn({}, 'Redis is away')
    log.error({}, 'Recording was interrupted')
    log.info({}, 'recorded')
  }
  const trouble = lines.filter((line) => line !== 'recorded')
  expect(trouble).toHaveLength(8)
  expect(lines).toHaveLength(508)
})
