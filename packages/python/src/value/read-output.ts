import { readFile } from 'node:fs/promises'

import { NodeError, type Dataset } from '@pipewright/engine'
import { findDriver, fromStored } from '@pipewright/engine/isolate'

import type { MadeOutput } from '../process/messages.ts'

/**
 * The value of an output that Python has left, checked by the dataset's schema.
 *
 * @param where Module and function, for messages.
 * @throws DatasetError `DATASET_INVALID`. @throws NodeError `PYTHON_OUTPUT_UNFIT` for a path that cannot be read
 */
export async function readOutput(
  dataset: Dataset,
  made: MadeOutput,
  where: string,
): Promise<unknown> {
  const place = `what ${where} returned`
  const bytes = 'text' in made ? Buffer.from(made.text, 'utf8') : await read(made.path, where)
  const stored = await findDriver(made.format).decode(bytes, dataset, place)
  return await fromStored(dataset, stored, place)
}

async function read(path: string, where: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new NodeError(
      'PYTHON_OUTPUT_UNFIT',
      `${where} returned the path of a file that cannot be read: ${reason}.`,
      { hint: 'Return a path only after the file is written and closed.', cause, retryable: false },
    )
  }
}
