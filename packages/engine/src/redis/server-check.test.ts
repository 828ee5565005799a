import type { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'

import { checkServer, clockSkew, skewText } from './server-check.ts'

/** A server that says this; there is none of such an age or with such a clock to start. */
function server(info: string, ahead: number = 0): Redis {
  const asked = {
    info: async () => info,
    time: async () => [
      Math.floor((Date.now() - ahead) / 1000),
      ((Date.now() - ahead) % 1000) * 1000,
    ],
  }
  // The checks call nothing else.
  return asked as unknown as Redis
}

const options = {
  onWarning: (message: string): void => {
    throw new Error(message)
  },
}

describe('the check of a server', () => {
  it.each(['5.0.14', '6.0.16'])('refuses Redis %s', async (version) => {
    const old = server(`redis_version:${version}\r\nmaxmemory_policy:noeviction\r\n`)
    await expect(checkServer(old, options)).rejects.toMatchObject({
      code: 'REDIS_TOO_OLD',
      message: expect.stringContaining(version),
    })
  })

  it.each(['6.2.0', '7.0.15', '7.2.4\r\nvalkey_version:9.1.2', '10.0.0'])(
    'takes Redis %s',
    async (version) => {
      const recent = server(`redis_version:${version}\r\nmaxmemory_policy:noeviction\r\n`)
      await expect(checkServer(recent, options)).resolves.toBeUndefined()
    },
  )
})

describe('a clock', () => {
  it('is compared with that of Redis, and said to be ahead or behind', async () => {
    expect(await clockSkew(server('', 60_000))).toBeCloseTo(60_000, -2)
    expect(await clockSkew(server('', -60_000))).toBeCloseTo(-60_000, -2)
    expect(skewText(60_000)).toBe('The clock of this machine is 60.0 s ahead of that of Redis.')
    expect(skewText(-7250)).toContain('7.3 s behind that of Redis')
  })
})
