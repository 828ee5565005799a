import type { Redis } from 'ioredis'
import * as z from 'zod'

import { canonicalJson, sha256 } from '../plan/canonical-json.ts'
import type { CodeBasis } from '../plan/compare.ts'
import type { CodeFiles } from '../plan/fingerprint.ts'
import * as keys from './keys.ts'

/** Milliseconds that code is kept after a worker had it last: longer than most keep runs. */
const kept = 90 * 86_400_000

/** More files are not kept: then a difference in the code is told without their names. */
const mostFiles = 5000

/** Commands in one round trip. */
const batch = 100

/** Digits of a file's sha256 that tell one content of it from another. */
const digits = 16

const Files: z.ZodType<CodeFiles> = z.record(z.string(), z.string())
const Stored = z.object({ files: z.string().optional(), version: z.string().optional() })

/** Keeps which files a code consists of, by its fingerprint. Many nodes share theirs: each set of files is kept once. */
export async function keepCodes(
  redis: Redis,
  prefix: string,
  codes: readonly CodeBasis[],
): Promise<void> {
  const texts = new Map<string, string>()
  const known = new Map<CodeFiles, string>()
  for (const { fingerprint, files, version } of codes) {
    let set = files && known.get(files)
    if (files !== undefined && set === undefined && Object.keys(files).length <= mostFiles) {
      const text = canonicalJson(shortened(files))
      set = sha256(text).slice(0, digits)
      known.set(files, set)
      texts.set(keys.codeFiles(prefix, set), text)
    }
    texts.set(keys.code(prefix, fingerprint), JSON.stringify({ files: set, version }))
  }
  const all = [...texts]
  for (let first = 0; first < all.length; first += batch) {
    const pipeline = redis.pipeline()
    for (const [key, text] of all.slice(first, first + batch)) pipeline.set(key, text, 'PX', kept)
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that Redis serves others in between
    await pipeline.exec()
  }
}

/** Code by its fingerprint, as far as it is known: of some only the fingerprint is. Files have the first digits of their sha256. */
export async function readCodes(
  redis: Redis,
  prefix: string,
  fingerprints: Iterable<string>,
): Promise<ReadonlyMap<string, CodeBasis>> {
  const wanted = [...new Set(fingerprints)]
  const stored = await readAll(redis, wanted, (each) => keys.code(prefix, each))
  const found = wanted.flatMap((fingerprint, at) => {
    const text = stored[at]
    return text == null ? [] : [{ fingerprint, ...Stored.parse(JSON.parse(text)) }]
  })
  const sets = [...new Set(found.flatMap(({ files }) => files ?? []))]
  const texts = await readAll(redis, sets, (each) => keys.codeFiles(prefix, each))
  const files = new Map(
    sets.flatMap((set, at) => {
      const text = texts[at]
      return text == null ? [] : [[set, Files.parse(JSON.parse(text))] as const]
    }),
  )
  return new Map(
    found.map(({ fingerprint, files: set, version }) => [
      fingerprint,
      { fingerprint, version, files: set === undefined ? undefined : files.get(set) },
    ]),
  )
}

/** Files as they are kept, to be compared with what `readCodes` gives. */
export function shortened(files: CodeFiles): CodeFiles {
  return Object.fromEntries(
    Object.entries(files).map(([path, digest]) => [path, digest.slice(0, digits)]),
  )
}

async function readAll(
  redis: Redis,
  names: readonly string[],
  keyOf: (name: string) => string,
): Promise<readonly (string | null)[]> {
  const texts: (string | null)[] = []
  for (let first = 0; first < names.length; first += batch) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that Redis serves others in between
    texts.push(...(await redis.mget(names.slice(first, first + batch).map(keyOf))))
  }
  return texts
}
