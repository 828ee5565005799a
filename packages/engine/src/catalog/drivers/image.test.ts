import { describe, expect, test } from 'vitest'

import { dataset } from '../../definition/dataset.ts'
import { Image } from '../../definition/image.ts'
import { driverConformance } from '../../testing/driver-conformance.ts'
import { image } from './image.ts'

const photo = dataset('photo', Image)
/** One red pixel. */
const png = new Uint8Array(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==',
    'base64',
  ),
)
const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))

describe('the image driver', () => {
  const suite = driverConformance({
    driver: image,
    samples: [
      { name: 'a PNG', dataset: photo, value: { type: 'image/png', bytes: png } },
      {
        name: 'a JPEG',
        dataset: photo,
        value: { type: 'image/jpeg', bytes: latin1('\xff\xd8\xff\xe0…') },
      },
      {
        name: 'a WebP',
        dataset: photo,
        value: { type: 'image/webp', bytes: latin1('RIFF\x10\0\0\0WEBPVP8 ') },
      },
      { name: 'a GIF', dataset: photo, value: { type: 'image/gif', bytes: latin1('GIF89a…') } },
      {
        name: 'an SVG behind a declaration and a comment',
        dataset: photo,
        value: {
          type: 'image/svg+xml',
          bytes: latin1(
            '<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="http://www.w3.org/2000/svg"/>',
          ),
        },
      },
    ],
    refused: [
      { name: 'what is no picture', dataset: photo, value: 'x', path: '/' },
      {
        name: 'bytes of another type',
        dataset: photo,
        value: { type: 'image/jpeg', bytes: png },
        path: 'image/png',
      },
      {
        name: 'bytes of no type',
        dataset: photo,
        value: { type: 'image/png', bytes: latin1('hello') },
        path: 'no type',
      },
    ],
    broken: [
      { name: 'an empty file', dataset: photo, bytes: new Uint8Array() },
      { name: 'a web page', dataset: photo, bytes: latin1('<!DOCTYPE html><html></html>') },
    ],
  })
  test.each(suite)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })

  test('its value fits the schema', () => {
    expect(Image.parse(image.decode(png, photo, 'it'))).toEqual({ type: 'image/png', bytes: png })
  })
})
