import { describe, expect, test } from 'vitest'

import { findDriver } from './drivers/index.ts'
import { headBytes, type ByteSource, type Head } from './head.ts'

/** A source that counts what is read of it. */
function sourceOf(text: string): ByteSource & { readonly read: ByteSource['read'] } {
  const bytes = Buffer.from(text)
  return { bytes: bytes.byteLength, read: async (start, end) => bytes.subarray(start, end) }
}

async function headOf(type: string, text: string, rows = 3): Promise<Head | undefined> {
  return findDriver(type).head?.(sourceOf(text), rows)
}

describe('the head of CSV', () => {
  test('has the first rows, numbers as numbers, and the columns', async () => {
    expect(await headOf('csv', 'a,b,c\n1,x,\n2.5,"y, ""z""\nw",4\n3,,5\n4,v,6\n')).toEqual({
      rows: [
        { a: 1, b: 'x', c: null },
        { a: 2.5, b: 'y, "z"\nw', c: 4 },
        { a: 3, b: null, c: 5 },
      ],
      columns: [
        ['a', 'double'],
        ['b', 'string?'],
        ['c', 'long?'],
      ],
    })
  })

  test.each(['x'.repeat(headBytes), `"${'x'.repeat(headBytes)}"`])(
    'leaves out a row that goes beyond what is read of it',
    async (long) => {
      expect((await headOf('csv', `a\n1\n${long}\n3\n`))?.rows).toEqual([{ a: 1 }])
    },
  )

  test('of a file without rows is empty', async () => {
    expect(await headOf('csv', 'a,b\n')).toEqual({ rows: [], columns: [] })
    expect(await headOf('csv', '')).toEqual({ rows: [], columns: [] })
  })
})

describe('the head of JSON', () => {
  test('has the first elements of an array, whatever they hold', async () => {
    const rows = [{ a: '],[' }, { a: 'q"\\', b: [{ c: 1 }] }, { a: null }, { a: 'last' }]
    expect(await headOf('json', JSON.stringify(rows, undefined, 1))).toEqual({
      rows: rows.slice(0, 3),
      columns: [
        ['a', 'string?'],
        ['b', 'array?'],
      ],
    })
    expect(await headOf('json', '[]')).toEqual({ rows: [] })
    expect(await headOf('json', '[[1,[2]],3.5]')).toEqual({ rows: [[1, [2]], 3.5] })
  })

  test('leaves out an element that goes beyond what is read of it', async () => {
    const text = JSON.stringify([1, 'two', { three: `,]${'x'.repeat(headBytes)}` }, 4])
    expect((await headOf('json', text))?.rows).toEqual([1, 'two'])
  })

  test('of another value is the beginning of its text', async () => {
    expect(await headOf('json', `{"a":"${'x'.repeat(5000)}"}`)).toEqual({
      text: `{"a":"${'x'.repeat(1994)}`,
    })
  })
})

describe('the head of text', () => {
  test('has the first lines', async () => {
    expect(await headOf('text', 'a\nb\nc\nd\ne')).toEqual({ text: 'a\nb\nc' })
  })
})

test('bytes have no head', async () => {
  expect(await headOf('bytes', 'abc')).toBeUndefined()
})
