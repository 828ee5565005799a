import { createHash } from 'node:crypto'

import type { Redis } from 'ioredis'

import { scriptText, type ScriptName } from './script-text.ts'

/** What scripts take as keys and arguments. */
export type ScriptArgument = string | number | Buffer

/** Digest of each text that was sent. */
const digests = new Map<string, string>()

/** Calls a script by its digest, and by its text when the server does not know it (after a restart or SCRIPT FLUSH). */
export async function runScript(
  redis: Redis,
  name: ScriptName,
  keys: readonly string[],
  args: readonly ScriptArgument[],
): Promise<unknown> {
  const text = scriptText(name)
  let sha = digests.get(text)
  if (sha === undefined) {
    sha = createHash('sha1').update(text).digest('hex')
    digests.set(text, sha)
  }
  try {
    return await redis.evalsha(sha, keys.length, ...keys, ...args)
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
    return redis.eval(text, keys.length, ...keys, ...args)
  }
}
