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
}

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

type Claim = (storage: Storage) => Promise<void>

const claims: Readonly<Record<string, Claim>> = {
  'gives back what was written': async (storage) => {
    await storage.write('runs/r1/a@1@b.json', bytes('one'))
    assert.equal(text(await storage.read('runs/r1/a@1@b.json')), 'one')
  },
  'keeps every byte, and none': async (storage) => {
    const all = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256)
    await storage.write('all.bin', all)
    await storage.write('none.bin', new Uint8Array())
    assert.equal(Buffer.compare((await storage.read('all.bin')) ?? bytes(''), all), 0)
    assert.equal((await storage.read('none.bin'))?.byteLength, 0)
  },
  'writes a view into a larger buffer alone': async (storage) => {
    await storage.write('view', bytes('before|inside|after').subarray(7, 13))
    assert.equal(text(await storage.read('view')), 'inside')
  },
  'gives large content piece by piece, whole or a range of it': async (storage) => {
    if (storage.stream === undefined) return
    const all = Uint8Array.from({ length: 2_500_000 }, (_, index) => index % 251)
    await storage.write('large.bin', all)
    const whole = await collect(await storage.stream('large.bin'))
    assert.equal(Buffer.compare(whole, all), 0)
    const range = await collect(
      await storage.stream('large.bin', { start: 1_000_003, end: 2_200_001 }),
    )
    assert.equal(Buffer.compare(range, all.subarray(1_000_003, 2_200_001)), 0)
    const last = await collect(await storage.stream('large.bin', { start: 2_499_990, end: 9e9 }))
    assert.equal(last.byteLength, 10)
    assert.equal(await storage.stream('nothing'), undefined)
    assert.equal(await storage.stream('no/such/folder'), undefined)
    await storage.write('folder/a', bytes('x'))
    assert.equal(await storage.stream('folder'), undefined)
  },
  'replaces what was there': async (storage) => {
    await storage.write('a', bytes('a long first content'))
    await storage.write('a', bytes('short'))
    assert.equal(text(await storage.read('a')), 'short')
  },
  'gives undefined where nothing is, or only a folder': async (storage) => {
    await storage.write('folder/a', bytes('x'))
    assert.equal(await storage.read('nothing'), undefined)
    assert.equal(await storage.read('no/such/folder'), undefined)
    assert.equal(await storage.read('folder'), undefined)
    assert.equal(await storage.read('folder/a/b'), undefined)
  },
  'says what is there': async (storage) => {
    await storage.write('folder/a', bytes('x'))
    assert.deepEqual(
      [
        await storage.exists('folder/a'),
        await storage.exists('folder/b'),
        await storage.exists('folder'),
      ],
      [true, false, false],
    )
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
  'takes names of all scripts and signs': async (storage) => {
    const paths = ['данные/风.json', 'a b@1@c%5B17%5D.json', '..a/b..', '-n', '__proto__']
    for (const path of paths) {
      // One after the other: what is claimed is each name, not their meeting.
      // oxlint-disable-next-line no-await-in-loop
      await storage.write(path, bytes(path))
    }
    assert.deepEqual(await storage.list(''), paths.toSorted())
    for (const path of paths) {
      // oxlint-disable-next-line no-await-in-loop
      assert.equal(text(await storage.read(path)), path)
    }
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
      try {
        await claim(storage)
      } finally {
        await options.close(storage)
      }
    },
  })
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

async function collect(pieces: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const piece of pieces ?? []) parts.push(piece)
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
