import { readFile } from 'node:fs/promises'
import { deflateRawSync } from 'node:zlib'

import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { dataset, table } from '../../definition/dataset.ts'
import { driverConformance } from '../../testing/driver-conformance.ts'
import { excel } from './excel.ts'
import { unpackedSize } from './zip-size.ts'

const days = table(
  'days',
  z.object({
    date: z.date(),
    wind: z.number(),
    rain: z.boolean(),
    note: z.string().nullable(),
    id: z.bigint(),
  }),
)
const rows = [
  {
    date: new Date('2012-01-01T06:30:00Z'),
    wind: 4.7,
    rain: false,
    note: 'drizzle & "mist"',
    id: 1n,
  },
  { date: new Date('2012-01-02T00:00:00Z'), wind: 10, rain: true, note: null, id: 2n },
  { date: new Date('2012-01-03T00:00:00Z'), wind: -0.5, rain: true, note: '风', id: 3n },
]
const workbook = await readFile(new URL('./fixture/days.xlsx', import.meta.url))
const sheet = (sheet_name: unknown) => excel.configure?.({ load: { sheet_name } }) ?? excel

describe('the excel driver', () => {
  const suite = driverConformance({
    driver: excel,
    samples: [],
    files: [{ name: 'the first sheet of a workbook', dataset: days, bytes: workbook, value: rows }],
    refused: [{ name: 'any value', dataset: days, value: rows, path: 'only read' }],
    broken: [
      { name: 'an empty file', dataset: days, bytes: new Uint8Array() },
      { name: 'a text', dataset: days, bytes: Buffer.from('date,wind\n') },
      { name: 'a workbook that was cut', dataset: days, bytes: workbook.subarray(0, 3000) },
      {
        name: 'an archive of another kind',
        dataset: days,
        bytes: archive('hello.txt', Buffer.from('hello'), 5),
      },
      { name: 'a schema that is no table', dataset: dataset('s', z.string()), bytes: workbook },
      {
        name: 'a column that is missing',
        dataset: table('days', z.object({ winds: z.number() })),
        bytes: workbook,
      },
      {
        name: 'an archive that would fill the memory',
        dataset: days,
        bytes: archive('xl/workbook.xml', Buffer.alloc(1000), 2 ** 31),
      },
    ],
  })
  test.each(suite)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })

  test('reads a sheet by its name or its place, and names one that is not there', async () => {
    const other = table('other', z.object({ a: z.number().nullable() }))
    const expected = [{ a: 7 }]
    expect(await sheet('Other').decode(workbook, other, 'it')).toEqual(expected)
    expect(await sheet(1).decode(workbook, other, 'it')).toEqual(expected)
    await expect(sheet('Nowhere').decode(workbook, other, 'it')).rejects.toThrow('Nowhere')
  })

  test('counts what an archive would unpack to', () => {
    expect(unpackedSize(archive('a', Buffer.alloc(1000), 1000))).toBe(1000)
    expect(unpackedSize(Buffer.from('no archive at all, and long enough for one'))).toBeUndefined()
  })
})

/** A zip archive of one file, which says that the file has `size` bytes. */
function archive(name: string, content: Buffer, size: number): Buffer {
  const data = deflateRawSync(content)
  const local = head(30, 0x04034b50)
  local.writeUInt16LE(8, 8)
  local.writeUInt32LE(data.byteLength, 18)
  local.writeUInt32LE(size, 22)
  local.writeUInt16LE(name.length, 26)
  const entry = head(46, 0x02014b50)
  entry.writeUInt16LE(8, 10)
  entry.writeUInt32LE(data.byteLength, 20)
  entry.writeUInt32LE(size, 24)
  entry.writeUInt16LE(name.length, 28)
  const before = Buffer.concat([local, Buffer.from(name), data])
  const directory = Buffer.concat([entry, Buffer.from(name)])
  const end = head(22, 0x06054b50)
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(directory.byteLength, 12)
  end.writeUInt32LE(before.byteLength, 16)
  return Buffer.concat([before, directory, end])
}

function head(bytes: number, signature: number): Buffer {
  const header = Buffer.alloc(bytes)
  header.writeUInt32LE(signature, 0)
  return header
}
