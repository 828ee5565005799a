import type { Dataset } from '../../definition/dataset.ts'
import { DatasetError } from '../../errors.ts'
import { decodeText } from '../decode-text.ts'
import type { Driver } from '../driver.ts'
import { headText, type ByteSource, type Head } from '../head.ts'

const halfSurrogate = /\p{Surrogate}/u

/** A string as UTF-8, character by character as it is: no line ending is changed. */
export const text: Driver = {
  name: 'text',
  extension: '.txt',
  mediaType: 'text/plain; charset=utf-8',
  text: true,
  encode(value: unknown, dataset: Dataset): Uint8Array {
    if (typeof value !== 'string') throw refused(dataset, `a ${typeof value}, not a string`)
    if (halfSurrogate.test(value)) throw refused(dataset, 'a string with half of a surrogate pair')
    // A mark of its own would be taken for the file's and lost in reading.
    if (value.startsWith('\uFEFF'))
      throw refused(dataset, 'a string that begins with a byte order mark')
    return Buffer.from(value, 'utf8')
  },
  decode(bytes: Uint8Array, dataset: Dataset, where: string): string {
    return decodeText(bytes, dataset, where)
  },
  async head(source: ByteSource, rows: number): Promise<Head> {
    const lines = (await headText(source)).text.split('\n')
    return { text: lines.slice(0, rows).join('\n') }
  },
}

function refused(dataset: Dataset, what: string): DatasetError {
  return new DatasetError(
    'DATASET_NOT_ENCODABLE',
    `Dataset '${dataset.name}' cannot be written as text: it is ${what}.`,
    {
      dataset: dataset.name,
      hint: 'Return a string, or give the dataset the type json in the catalog.',
    },
  )
}
