import { writeFile } from 'node:fs/promises'

import type { Dataset } from '@pipewright/engine'
import { findDriver, toStored } from '@pipewright/engine/isolate'
import * as z from 'zod'

import type { ArgumentKind, GivenArgument } from '../process/messages.ts'

/** A JSON text up to this size travels in the message itself. */
const inlineBytes = 65_536

/**
 * Puts an input where Python can read it: in the message when it is small, else in a file. Python receives what a driver
 * would have written: codecs of the schema are encoded.
 *
 * @param makePath Gives the path of a new file.
 * @throws DatasetError `DATASET_NOT_ENCODABLE`
 */
export async function writeArgument(
  dataset: Dataset,
  value: unknown,
  kind: ArgumentKind,
  makePath: () => string,
): Promise<GivenArgument> {
  const stored = await toStored(dataset, value)
  if (stored instanceof Uint8Array) return await inFile('bytes', stored, makePath())
  if (typeof stored === 'string' && (kind === 'bytes' || kind === 'path')) {
    return await inFile('text', Buffer.from(stored, 'utf8'), makePath())
  }
  const json = await findDriver('json').encode(stored, dataset)
  const columns = columnsOf(dataset)
  const given =
    kind !== 'path' && json.byteLength <= inlineBytes
      ? ({ format: 'json', text: Buffer.from(json).toString('utf8') } as const)
      : await inFile('json', json, makePath())
  return columns === undefined ? given : { ...given, columns }
}

async function inFile(
  format: 'json' | 'bytes' | 'text',
  content: Uint8Array,
  path: string,
): Promise<Extract<GivenArgument, { path: string }>> {
  await writeFile(path, content, { mode: 0o600 })
  return { format, path }
}

/** Columns of a table by its schema, so that an empty one has them too. */
function columnsOf({ schema }: Dataset): readonly string[] | undefined {
  const row = schema instanceof z.ZodArray ? schema.element : undefined
  return row instanceof z.ZodObject ? Object.keys(row.shape) : undefined
}
