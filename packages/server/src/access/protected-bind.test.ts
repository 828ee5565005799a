import { expect, test } from 'vitest'

import { assertProtected } from './protected-bind.ts'

test.each(['127.0.0.1', '127.8.0.1', '::1', '::ffff:127.0.0.1', 'localhost'])(
  '%s needs no tokens',
  async (host) => {
    await expect(assertProtected(host, { size: 0 })).resolves.toBeUndefined()
  },
)

test.each(['0.0.0.0', '::', '10.0.0.5', '::ffff:10.0.0.5'])('%s needs tokens', async (host) => {
  await expect(assertProtected(host, { size: 0 })).rejects.toMatchObject({
    code: 'SERVER_UNPROTECTED',
  })
  await expect(assertProtected(host, { size: 1 })).resolves.toBeUndefined()
})
