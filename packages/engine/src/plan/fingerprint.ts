import { canonicalJson, sha256 } from './canonical-json.ts'

/** Files of code: path from the project's root -> sha256 of the content, hex. */
export type CodeFiles = Readonly<Record<string, string>>

/** What the code of a node is. */
export interface NodeCode {
  readonly name: string
  /** Source text of its function: all that is known where no file is. */
  readonly source: string
  /** Its modules and all files of the project that they import. */
  readonly files: CodeFiles
  /** Given by the user in place of the code: it is the same code as long as this is the same. Default: none. */
  readonly version?: string | undefined
}

/** Digits of a fingerprint. */
const digits = 16

/**
 * The fingerprint of a node's code: 16 hex digits, equal for equal code wherever the project lies.
 *
 * It is a function of what it is given and nothing else. Packages of others are no part of it, nor is what the code reads while
 * it runs.
 */
export function nodeFingerprint({ name, source, files, version }: NodeCode): string {
  const code = version === undefined ? { name, source, files } : { name, version }
  return sha256(canonicalJson(code)).slice(0, digits)
}

/** The fingerprint of many nodes together: 16 hex digits, whatever their order. */
export function fingerprintOfAll(fingerprints: Iterable<string>): string {
  return sha256([...new Set(fingerprints)].toSorted().join('\n')).slice(0, digits)
}
