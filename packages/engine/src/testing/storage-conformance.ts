import assert from 'node:assert/strict'

import type { Storage } from '../catalog/storage.ts'
import { UsageError } from '../errors.ts'
import type { ConformanceCase } from './conformance-case.ts'

/** What a storage's suite needs. */
export interface StorageConformanceOptions<Opened extends Storage> {
  /** Opens an empty storage. */
  open(): Promise<Opened>
  /** Removes it with all that it holds. */
  close(storage: Opened): Promise<void>
  /**
   * For a storage that can only be read: puts an object there from behind. Then reading is claimed alone, and that it refuses
   * to write with `STORAGE_READ_ONLY`. Default: the storage is written to.
   */
  put?(storage: Opened, path: string, bytes: Uint8Array): Promise<void>
}

/** Names that are unusual and right. */
const names = [
  'данные/风.json',
  'a b@1@c%5B17%5D.json',
  '..a/b..',
  '-n',
  '__proto__',
  'a+b&c=d#e?f',
]

/** Paths that every storage refuses. */
const hostile = [
  '',
  '/',
  '/etc/passwd',
  '..',
  '../outside',
  'a/../../outside',
  'a/..',
  './a',
  'a//b',
  'a/',
  'a\0b',
  String.raw`..\outside`,
  '.',
]

type Put = (path: string, bytes: Uint8Array) => Promise<void>
type Claim = (storage: Storage, put: Put) => Promise<void>

/** What every storage holds, also one that can only be read. */
const reading: Readonly<Record<string, Claim>> = {
  'gives back what was written': async (storage, put) => {
    await put('runs/r1/a@1@b.json', bytes('one'))
    assert.equal(text(await storage.read('runs/r1/a@1@b.json')), 'one')
  },
  'keeps every byte, and none': async (storage, put) => {
    const all = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256)
    await put('all.bin', all)
    await put('none.bin', new Uint8Array())
    assert.equal(Buffer.compare((await storage.read('all.bin')) ?? bytes(''), all), 0)
    assert.equal((await storage.read('none.bin'))?.byteLength, 0)
  },
  'gives large content piece by piece, whole or a range of it': async (storage, put) => {
    if (storage.stream === undefined) return
    const all = Uint8Array.from({ length: 2_500_000 }, (_, index) => index % 251)
    await put('large.bin', all)
    const whole = await collect(await storage.stream('large.bin'))
    assert.equal(Buffer.compare(whole, all), 0)
    const range = await collect(
      await storage.stream('large.bin', { start: 1_000_003, end: 2_200_001 }),
    )
    assert.equal(Buffer.compare(range, all.subarray(1_000_003, 2_200_001)), 0)
    assert.deepEqual(
      await collect(await storage.stream('large.bin', { start: 7, end: 7 })),
      Buffer.of(),
    )
    const last = await collect(await storage.stream('large.bin', { start: 2_499_990, end: 9e9 }))
    assert.equal(last.byteLength, 10)
    assert.equal(await storage.stream('nothing'), undefined)
    assert.equal(await storage.stream('no/such/folder'), undefined)
    await put('folder/a', bytes('x'))
    assert.equal(await storage.stream('folder'), undefined)
  },
  'gives undefined where nothing is, or only a folder': async (storage, put) => {
    await put('folder/a', bytes('x'))
    assert.equal(await storage.read('nothing'), undefined)
    assert.equal(await storage.read('no/such/folder'), undefined)
    assert.equal(await storage.read('folder'), undefined)
    assert.equal(await storage.read('folder/a/b'), undefined)
  },
  'says what is there': async (storage, put) => {
    await put('folder/a', bytes('x'))
    assert.deepEqual(
      [
        await storage.exists('folder/a'),
        await storage.exists('folder/b'),
        await storage.exists('folder'),
      ],
      [true, false, false],
    )
  },
  'takes names of all scripts and signs': async (storage, put) => {
    for (const path of names) {
      // One after the other: what is claimed is each name, not their meeting.
      // oxlint-disable-next-line no-await-in-loop
      await put(path, bytes(path))
    }
    for (const path of names) {
      // oxlint-disable-next-line no-await-in-loop
      assert.equal(text(await storage.read(path)), path)
    }
  },
  'tells sizes without reading': async (storage, put) => {
    if (storage.size === undefined) return
    await put('folder/a', bytes('12345'))
    await put('none', new Uint8Array())
    assert.deepEqual(
      [
        await storage.size('folder/a'),
        await storage.size('none'),
        await storage.size('nothing'),
        await storage.size('folder'),
      ],
      [5, 0, undefined, undefined],
    )
  },
}

/** What a storage holds that can be written. */
const writing: Readonly<Record<string, Claim>> = {
  'writes a view into a larger buffer alone': async (storage) => {
    await storage.write('view', bytes('before|inside|after').subarray(7, 13))
    assert.equal(text(await storage.read('view')), 'inside')
  },
  'replaces what was there': async (storage) => {
    await storage.write('a', bytes('a long first content'))
    await storage.write('a', bytes('short'))
    assert.equal(text(await storage.read('a')), 'short')
  },
  'removes one object, and is silent when it is gone': async (storage) => {
    await storage.write('a/b', bytes('x'))
    await storage.write('a/c', bytes('y'))
    await storage.remove('a/b')
    await storage.remove('a/b')
    await storage.remove('no/such/folder/c')
    assert.deepEqual(await storage.list(''), ['a/c'])
  },
  'lists what lies under a folder, sorted, and nothing beside it': async (storage) => {
    await Promise.all(
      ['r/10/z', 'r/1/b', 'r/1/a/c'].map(async (path) => await storage.write(path, bytes(path))),
    )
    assert.deepEqual(await storage.list(''), ['r/1/a/c', 'r/1/b', 'r/10/z'])
    assert.deepEqual(await storage.list('r/1'), ['r/1/a/c', 'r/1/b'])
    assert.deepEqual(await storage.list('nothing'), [])
  },
  'lists names of all scripts and signs': async (storage) => {
    for (const path of names) {
      // oxlint-disable-next-line no-await-in-loop
      await storage.write(path, bytes(path))
    }
    assert.deepEqual(await storage.list(''), names.toSorted())
  },
  'takes large content piece by piece': async (storage) => {
    if (storage.writeStream === undefined) return
    const all = Buffer.alloc(18 * 2 ** 20, 'a large content, in pieces of any size|')
    await storage.writeStream('large.bin', pieces(all, 3_000_001))
    assert.equal(Buffer.compare((await storage.read('large.bin')) ?? bytes(''), all), 0)
    await storage.writeStream('small', pieces(bytes('small'), 2))
    await storage.writeStream('none', pieces(bytes(''), 1))
    assert.deepEqual(await storage.list(''), ['large.bin', 'none', 'small'])
    assert.equal(text(await storage.read('small')), 'small')
    assert.equal((await storage.read('none'))?.byteLength, 0)
  },
  'keeps what was there when its source fails on the way': async (storage) => {
    if (storage.writeStream === undefined) return
    await storage.write('a', bytes('old'))
    for (const path of ['a', 'b']) {
      // oxlint-disable-next-line no-await-in-loop
      await assert.rejects(async () => await storage.writeStream?.(path, failing()), {
        message: 'the source fails',
      })
    }
    assert.equal(text(await storage.read('a')), 'old')
    assert.deepEqual(await storage.list(''), ['a'])
  },
  'removes a folder with all that is in it, and nothing beside it': async (storage) => {
    if (storage.removeFolder === undefined) return
    await Promise.all(
      ['r/10/z', 'r/1/b', 'r/1/a/c'].map(async (path) => await storage.write(path, bytes(path))),
    )
    await storage.removeFolder('r/1')
    await storage.removeFolder('r/1')
    assert.deepEqual(await storage.list(''), ['r/10/z'])
  },
  'shows readers the old content or the new, never a part': async (storage) => {
    const contents = ['a', 'b'].map((letter) => letter.repeat(200_000))
    await storage.write('shared', bytes(contents[0] ?? ''))
    const writes = Array.from({ length: 10 }, async (_, index) => {
      await storage.write('shared', bytes(contents[index % 2] ?? ''))
    })
    const reads = Array.from({ length: 20 }, async () => {
      assert.ok(contents.includes(text(await storage.read('shared'))), 'a reader saw a mixture')
    })
    await Promise.all([...writes, ...reads])
    assert.deepEqual(await storage.list(''), ['shared'])
  },
  'takes many writes to one new folder at once': async (storage) => {
    const paths = Array.from(
      { length: 50 },
      (_, index) => `new/folder/${String(index).padStart(2, '0')}`,
    )
    await Promise.all(paths.map(async (path) => await storage.write(path, bytes(path))))
    assert.deepEqual(await storage.list('new'), paths)
  },
}

/**
 * What every storage holds: atomic writes, honest absence, sorted lists, and no path out of its root. Needs no test
 * framework.
 *
 * @example
 * test.each(storageConformance({ open, close }))('$name', async ({ run }) => await run())
 */
export function storageConformance<Opened extends Storage>(
  options: StorageConformanceOptions<Opened>,
): readonly ConformanceCase[] {
  const onStorage = (name: string, claim: Claim): ConformanceCase => ({
    name,
    run: async () => {
      const storage = await options.open()
      const writeTo: Put = async (path, content) =>
        options.put === undefined
          ? await storage.write(path, content)
          : await options.put(storage, path, content)
      try {
        await claim(storage, writeTo)
      } finally {
        await options.close(storage)
      }
    },
  })
  const claims = { ...reading, ...(options.put === undefined ? writing : readOnly) }
  return [
    ...Object.entries(claims).map(([name, claim]) => onStorage(name, claim)),
    ...hostile.map((path) =>
      onStorage(
        `refuses the path ${JSON.stringify(path)}`,
        async (storage) => await refuses(storage, path),
      ),
    ),
  ]
}

/** What a storage holds that cannot be written. */
const readOnly: Readonly<Record<string, Claim>> = {
  'says that it can only be read': async (storage, put) => {
    await put('a', bytes('x'))
    const attempts = [
      async () => {
        await storage.write('a', bytes('y'))
      },
      async () => {
        await storage.remove('a')
      },
      async () => await storage.list(''),
    ]
    await Promise.all(
      attempts.map(async (attempt) => {
        await assert.rejects(attempt, { code: 'STORAGE_READ_ONLY' })
      }),
    )
    assert.equal(text(await storage.read('a')), 'x')
  },
}

async function* failing(): AsyncGenerator<Uint8Array> {
  yield* pieces(Buffer.alloc(17 * 2 ** 20), 2 ** 20)
  throw new Error('the source fails')
}

async function* pieces(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.byteLength; at += size) yield content.subarray(at, at + size)
}

async function collect(source: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const piece of source ?? []) parts.push(piece)
  return Buffer.concat(parts)
}

async function refuses(storage: Storage, path: string): Promise<void> {
  const attempts: (() => Promise<unknown>)[] = [
    async () => await storage.read(path),
    async () => {
      await storage.write(path, bytes('x'))
    },
    async () => await storage.exists(path),
    async () => {
      await storage.remove(path)
    },
  ]
  if (storage.stream !== undefined) attempts.push(async () => await storage.stream?.(path))
  if (storage.size !== undefined) attempts.push(async () => await storage.size?.(path))
  if (storage.writeStream !== undefined)
    attempts.push(async () => await storage.writeStream?.(path, pieces(bytes('x'), 1)))
  // The empty prefix lists the whole storage.
  if (path !== '') attempts.push(async () => await storage.list(path))
  await Promise.all(
    attempts.map(async (attempt) => {
      await assert.rejects(
        attempt,
        (error) => error instanceof UsageError && error.code === 'STORAGE_PATH_REFUSED',
      )
    }),
  )
}

function bytes(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

function text(content: Uint8Array | undefined): string {
  return new TextDecoder().decode(content ?? bytes('(nothing)'))
}
