import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'

import { NodeError, type Dataset } from '@pipewright/engine'
import { EncodedInput, findDriver, toStored } from '@pipewright/engine/isolate'
import * as z from 'zod'

import type { ArgumentKind, GivenArgument } from '../process/messages.ts'

/** A JSON text up to this size travels in the message itself. */
const inlineBytes = 65_536

/**
 * Puts an input where Python can read it: in the message when it is small, else in a file. Python receives what a driver
 * would have written: codecs of the schema are encoded.
 *
 * @param makePath Gives the path of a new file.
 * @throws DatasetError `DATASET_NOT_ENCODABLE`, and as loading does. @throws NodeError `PYTHON_ARGUMENT_UNFIT` for a stream
 */
export async function writeArgument(
  dataset: Dataset,
  input: unknown,
  kind: ArgumentKind,
  makePath: (extension?: string) => string,
): Promise<GivenArgument> {
  const asItLies = input instanceof EncodedInput ? fileFormat(input.format, kind) : undefined
  if (input instanceof EncodedInput && asItLies !== undefined) {
    return await copied(input, asItLies, makePath(findDriver(input.format).extension))
  }
  if (dataset.layout === 'stream') throw streamed(dataset, kind)
  const value = input instanceof EncodedInput ? await input.load() : input
  return await written(dataset, await toStored(dataset, value), kind, makePath)
}

async function written(
  dataset: Dataset,
  stored: unknown,
  kind: ArgumentKind,
  makePath: () => string,
): Promise<GivenArgument> {
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

/** The format in which Python reads a file of the store as it lies; undefined when only its value will do. */
function fileFormat(format: string, kind: ArgumentKind): 'bytes' | 'parquet' | 'arrow' | undefined {
  if (kind === 'path' || format === 'bytes') return 'bytes'
  if (kind === 'bytes' && format === 'text') return 'bytes'
  const isTable = kind === 'pandas' || kind === 'polars' || kind === 'arrow'
  return isTable && (format === 'parquet' || format === 'arrow') ? format : undefined
}

/** A copy, so that a function that writes to its file changes nothing of the store. Never in memory as a whole. */
async function copied(
  input: EncodedInput,
  format: 'bytes' | 'parquet' | 'arrow',
  path: string,
): Promise<GivenArgument> {
  const source = await input.open()
  await pipeline(source.pieces(), createWriteStream(path, { mode: 0o600 }))
  return { format, path }
}

function streamed({ name }: Dataset, kind: ArgumentKind): NodeError {
  return new NodeError(
    'PYTHON_ARGUMENT_UNFIT',
    `Dataset "${name}" is a stream, and no Python function can be given it as ${kind}.`,
    {
      hint: 'Annotate the parameter as pathlib.Path, or as a table where the dataset is kept as Parquet or Arrow.',
      retryable: false,
    },
  )
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
