import { createHash } from 'node:crypto'
import { posix } from 'node:path'

const longest = 250

/**
 * A name of ours as a key that MLflow takes: letters, digits, `_ - . / :` and space, at most 250 characters, and a clean
 * path. `score[17].loss` becomes `score.17.loss`; anything else that is not allowed becomes `_`.
 */
export function mlflowKey(name: string): string {
  const spelled = name
    .replaceAll('[', '.')
    .replaceAll(']', '')
    .replaceAll(/[^\p{L}\p{N}_\-./: ]/gu, '_')
  const key = isCleanPath(spelled) ? spelled : spelled.replaceAll('/', '_').replace(/^\.*$/, '_')
  return key.length > longest ? `${key.slice(0, longest - 9)}_${digest(name)}` : key
}

/** Keys for many names; names that would share a key get a suffix that depends on nothing but the name. */
export function mlflowKeys(names: Iterable<string>): ReadonlyMap<string, string> {
  const keys = new Map<string, string>()
  const uses = new Map<string, number>()
  for (const name of names) {
    if (keys.has(name)) continue
    const key = mlflowKey(name)
    keys.set(name, key)
    uses.set(key, (uses.get(key) ?? 0) + 1)
  }
  for (const [name, key] of keys)
    if (key !== name && (uses.get(key) ?? 0) > 1)
      keys.set(name, `${key.slice(0, longest - 9)}_${digest(name)}`)
  return keys
}

function isCleanPath(key: string): boolean {
  return (
    key !== '' &&
    key !== '.' &&
    !key.startsWith('/') &&
    !key.startsWith('..') &&
    !key.endsWith('/') &&
    posix.normalize(key) === key
  )
}

function digest(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 8)
}
