import { hash } from 'node:crypto'

import type { ModelFile } from './manifest.ts'

/** Size and sha256 of a file's content. */
export function digest(content: Uint8Array): ModelFile {
  return { bytes: content.byteLength, sha256: hash('sha256', content) }
}
