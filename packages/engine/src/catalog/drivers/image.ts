import type { Dataset } from '../../definition/dataset.ts'
import type { Image } from '../../definition/image.ts'
import { DatasetError } from '../../errors.ts'
import type { Driver } from '../driver.ts'
import { notDecodable } from '../not-decodable.ts'
import { imageType } from './image-type.ts'

/** A picture as its bytes, with the type that they are of: `{ type: 'image/png', bytes }`. */
export const image: Driver = {
  name: 'image',
  extension: '.png',
  mediaType: 'image/png',
  text: false,
  encode(value: unknown, dataset: Dataset): Uint8Array {
    if (!isImage(value)) throw refused(dataset, 'no { type, bytes }')
    const type = imageType(value.bytes)
    if (type === undefined) throw refused(dataset, 'bytes of no type of image that is known')
    if (type !== value.type) throw refused(dataset, `${type}, not ${value.type.slice(0, 50)}`)
    return value.bytes
  },
  decode(bytes: Uint8Array, dataset: Dataset, where: string): Image {
    const type = imageType(bytes)
    if (type === undefined)
      throw notDecodable(dataset, where, 'it is no PNG, JPEG, GIF, WebP, AVIF, BMP, TIFF or SVG.')
    // A plain Uint8Array, whatever subclass the file system gave: equal values must compare equal.
    return { type, bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) }
  },
}

function isImage(value: unknown): value is Image {
  if (typeof value !== 'object' || value === null) return false
  const { type, bytes } = value as Readonly<Record<string, unknown>>
  return typeof type === 'string' && bytes instanceof Uint8Array
}

function refused({ name }: Dataset, what: string): DatasetError {
  return new DatasetError(
    'DATASET_NOT_ENCODABLE',
    `Dataset '${name}' cannot be written as an image: at / is ${what}.`,
    {
      dataset: name,
      hint: "Return { type: 'image/png', bytes } with the type that the bytes are of, or use the type bytes.",
    },
  )
}
