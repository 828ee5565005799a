import { createHash } from 'node:crypto'
import { open, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

import type { DatasetReference, LocalStorage } from '@pipewright/engine/internal'

/** Writes a value to a store, as a worker would, and gives its reference. */
export async function storedValue(
  storage: LocalStorage,
  dataset: string,
  content: string | Uint8Array,
  format = 'json',
): Promise<DatasetReference> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const uri = `runs/${sha256}/${dataset}`
  await storage.write(uri, bytes)
  return { dataset, format, bytes: bytes.byteLength, sha256, uri }
}

/** A value of any size that takes no room on the disk: a beginning, and then nothing but zeros. */
export async function sparseValue(
  storage: LocalStorage,
  dataset: string,
  bytes: number,
  { format, beginning }: { readonly format: string; readonly beginning: string },
): Promise<DatasetReference> {
  const uri = `runs/sparse/${dataset}`
  const path = storage.localPath(uri)
  await mkdir(dirname(path), { recursive: true })
  const file = await open(path, 'w')
  try {
    await file.write(beginning)
    await file.truncate(bytes)
  } finally {
    await file.close()
  }
  // nobody reads it whole, so nobody checks it
  return { dataset, format, bytes, sha256: createHash('sha256').update(uri).digest('hex'), uri }
}
