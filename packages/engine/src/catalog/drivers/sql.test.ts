import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { PGlite } from '@electric-sql/pglite'
import { dataDir } from '@electric-sql/pglite-prepopulatedfs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'

import { Secret } from '../../config/secret.ts'
import { table } from '../../definition/dataset.ts'
import { memoryStorage } from '../../run/memory-storage.ts'
import { DatasetStore } from '../dataset-store.ts'
import type { ServicePlace } from '../driver.ts'
import type { CatalogEntry } from '../entry.ts'
import { boundParams } from './sql-read.ts'
import { sql } from './sql.ts'

const scores = table(
  'scores',
  z.object({
    id: z.int(),
    name: z.string().nullable(),
    score: z.number(),
    big: z.bigint(),
    good: z.boolean(),
    at: z.date(),
    raw: z.instanceof(Uint8Array),
    tags: z.array(z.string()),
  }),
)
const rows = [1, 2, 3].map((id) => ({
  id,
  name: id === 2 ? null : `it's ${id}; drop table scores`,
  score: id / 3,
  big: 2n ** 60n + BigInt(id),
  good: id % 2 === 0,
  at: new Date(1_700_000_000_123 + id),
  raw: new Uint8Array([id, 0, 255]),
  tags: ['a', `"${id}"`],
}))

let root: string
let postgres: PGlite
let server: Server
let address: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pipewright-sql-'))
  // A new one takes six seconds.
  postgres = await PGlite.create({ loadDataDir: await dataDir() })
  server = createServer((socket) => serve(postgres, socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // It listens on a port, so its address is no path.
  const { port } = server.address() as AddressInfo
  address = `postgresql://postgres:secret-word@127.0.0.1:${port}/postgres?sslmode=disable`
}, 60_000)
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve))
  await postgres.close()
  await rm(root, { recursive: true })
})

function place(kind: 'sqlite' | 'postgres', entry: Partial<CatalogEntry>): ServicePlace {
  const con = kind === 'sqlite' ? 'sqlite:///app.db' : address
  const opened = sql.place?.({
    dataset: 'scores',
    entry: { type: 'sql', filepath: null, versioned: false, credentials: 'db', ...entry },
    root,
    credentials: () => new Secret({ con }),
  })
  if (opened === undefined) throw new Error('The type sql is a service.')
  return opened
}

const encoded = async (value: unknown): Promise<Uint8Array> => await sql.encode(value, scores)

describe.each(['sqlite', 'postgres'] as const)('a table of %s', (kind) => {
  const named = (name: string, saveArgs = {}): ServicePlace =>
    place(kind, { settings: { table_name: name }, saveArgs })

  test('brings back every kind of cell as it was', async () => {
    const all = named('all_kinds')
    await all.writer?.write(await encoded(rows), 'runs/1/a')
    expect(await all.read(scores)).toEqual(rows)
  })

  test('holds the rows of the last publication, however often it is made', async () => {
    const last = named('replaced')
    await last.writer?.write(await encoded(rows), 'runs/1/a')
    for (const key of ['runs/2/a', 'runs/2/a'])
      await last.writer?.write(await encoded(rows.slice(1)), key)
    expect(await last.read(scores)).toEqual(rows.slice(1))
  })

  test('appends each publication once', async () => {
    const log = named('appended', { if_exists: 'append' })
    expect(log.writer?.appends).toBe(true)
    for (const key of ['runs/1/a', 'runs/2/a', 'runs/1/a', 'runs/2/a'])
      await log.writer?.write(await encoded(rows.slice(0, 1)), key)
    expect(await log.read(scores)).toEqual([rows[0], rows[0]])
  })

  test('keeps what it has when a publication fails half way', async () => {
    const half = named('half')
    await half.writer?.write(await encoded(rows), 'runs/1/a')
    const other = table('other', z.object({ id: z.int(), unknown_column: z.string() }))
    const wrong = await sql.encode([{ id: 9, unknown_column: 'x' }], other)
    await expect(half.writer?.write(wrong, 'runs/2/a')).rejects.toMatchObject({
      code: 'DATASET_NOT_WRITABLE',
      message: expect.stringContaining('unknown_column'),
    })
    expect(await half.read(scores)).toEqual(rows)
  })

  test('names a table that takes quoting, and takes only the columns that are asked for', async () => {
    const odd = 'odd "name"; --'
    await named(odd).writer?.write(await encoded(rows), 'runs/1/a')
    const ids = table('ids', z.object({ id: z.int() }))
    const some = place(kind, { settings: { table_name: odd }, loadArgs: { columns: ['id'] } })
    expect(await some.read(ids)).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }])
  })

  test('answers a query with its params bound, and one from a file', async () => {
    await named('asked').writer?.write(await encoded(rows), 'runs/1/a')
    const names = table('names', z.object({ name: z.string().nullable() }))
    const query = 'select name from asked where name = :name or id = :id order by id'
    const params = { name: rows[0]?.name, id: 2 }
    const asked = place(kind, { settings: { sql: query }, loadArgs: { params } })
    expect(await asked.read(names)).toEqual([{ name: rows[0]?.name }, { name: null }])
    expect(asked.writer).toBeUndefined()
    await writeFile(join(root, 'query.sql'), 'select name from asked where id = 3')
    expect(await place(kind, { filepath: 'query.sql' }).read(names)).toEqual([
      { name: rows[2]?.name },
    ])
  })

  test('says which dataset a table is missing for, and no password', async () => {
    const reading = named('no_such_table').read(scores)
    await expect(reading).rejects.toMatchObject({ code: 'DATASET_NOT_READABLE', dataset: 'scores' })
    await expect(reading).rejects.toThrow(/no_such_table/)
    await expect(reading).rejects.not.toThrow(/secret-word/)
  })
})

describe('an entry of the type sql', () => {
  test.each([
    [{ settings: {} }, 'one of table_name, sql and filepath'],
    [{ settings: { table_name: 'a', sql: 'select 1' } }, 'only one'],
    [{ settings: { table_name: 'a', con: 'postgresql://a:b@c/d' } }, 'con holds a password'],
    [{ settings: { table_name: 'a' }, credentials: undefined }, 'which database'],
    [
      { settings: { table_name: 'a' }, saveArgs: { if_exists: 'fail' } },
      'Expected replace or append',
    ],
    [{ settings: { table: 'a' } }, 'Unrecognized key: "table"'],
  ])('%j is refused: %s', (entry, message) => {
    expect(() => place('sqlite', entry)).toThrow(
      expect.objectContaining({
        code: 'DATASET_SETTING_INVALID',
        message: expect.stringContaining(message),
      }),
    )
  })

  test('cannot come with a run, whose query would have the rights of the project', () => {
    const store = new DatasetStore({ catalog: {}, root, storage: memoryStorage() })
    const scores = { type: 'pandas.SQLQueryDataset', filepath: 'query.sql' }
    expect(() => store.withInputs({ scores })).toThrow(
      expect.objectContaining({ code: 'RUN_INPUT_REFUSED' }),
    )
  })

  test('shows where it lies without asking for credentials', () => {
    const entry = { settings: { table_name: 'days' }, loadArgs: { schema: 'raw' } }
    expect(place('postgres', entry).address).toBe("the database of 'db', raw.days")
  })
})

describe('placeholders of a query', () => {
  test.each([
    ['a = :x and b = :y', { x: 1, y: 2 }, ['a = ', ' and b = ', ''], [1, 2]],
    ['a = %(x)s and :x', { x: 1 }, ['a = ', ' and ', ''], [1, 1]],
    ['a = ? and b = %s', [1, 2], ['a = ', ' and b = ', ''], [1, 2]],
    ['$2, $1', ['a', 'b'], ['', ', ', ''], ['b', 'a']],
    [
      `':x' ":x" x::int -- :x\n/* :x */ :x`,
      { x: 1 },
      [`':x' ":x" x::int -- :x\n/* :x */ `, ''],
      [1],
    ],
    ['a = :x', undefined, ['a = :x'], []],
  ])('%j', (text, params, texts, values) => {
    expect(boundParams(text, params)).toEqual({ texts, values })
  })

  test('that have no value are named', () => {
    expect(() => boundParams('a = :day', { date: 1 })).toThrow('its param day is not in')
  })
})

const startup = 196_608

/** Lets a client of PostgreSQL's protocol talk to a PostgreSQL in this process, message by message. */
function serve(database: PGlite, socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0)
  let work = Promise.resolve()
  const answer = async (message: Uint8Array): Promise<void> => {
    // 'X' ends the connection, not the database.
    if (message[0] === 0x58) socket.end()
    else socket.write(await database.execProtocolRaw(message))
  }
  socket.on('data', (piece: Buffer) => {
    rest = Buffer.concat([rest, piece])
    for (;;) {
      // Only the first message has no letter before its length.
      const isFirst = rest.byteLength >= 8 && rest.readInt32BE(4) === startup
      const head = isFirst ? 0 : 1
      if (rest.byteLength < head + 4) return
      const end = head + rest.readInt32BE(head)
      if (rest.byteLength < end) return
      const message = rest.subarray(0, end)
      rest = rest.subarray(end)
      work = work.then(async () => await answer(message)).catch(() => void socket.destroy())
    }
  })
  socket.on('error', () => void socket.destroy())
}
