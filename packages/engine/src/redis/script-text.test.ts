import { describe, expect, it } from 'vitest'

import { bullScripts, bullText, digest, scriptText } from './script-text.ts'

describe('the scripts of the installed BullMQ', () => {
  it.each(Object.entries(bullScripts))(
    '%s is the text that the ledger was tested with',
    (name, tested) => {
      expect(
        digest(bullText(name)),
        `BullMQ's script "${name}" has changed: read it, run the durability tests, then record its new digest.`,
      ).toBe(tested)
    },
  )

  it('are taken as functions, without their event stream', () => {
    const settle = scriptText('settle')
    expect(settle).toContain('bull.moveToFinished = function(KEYS, ARGV)')
    expect(settle).not.toMatch(/rcall\("(XADD|XTRIM)"/)
    expect(bullText('moveToFinished')).toContain('rcall("XADD"')
  })

  it('are refused by name when BullMQ has none', () => {
    expect(() => bullText('moveToMoon')).toThrow(/no script "moveToMoon"/)
  })
})
