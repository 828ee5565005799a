import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { dataset, FatalNodeError, node, partitioned, pipeline, table } from '@pipewright/engine'
import type { Catalog } from '@pipewright/engine/internal'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import { workbench, type Workbench } from '../support/workbench.ts'

const Row = z.object({ wind: z.number() })
const months = partitioned(table('months', Row))
const sums = partitioned(dataset('sums', z.number()))
const seen = dataset('seen', z.array(z.string()))
const also = dataset('also', z.array(z.string()))

const catalog: Catalog = {
  months: {
    type: 'csv',
    filepath: 'data/months',
    versioned: false,
    partitions: { suffix: '.csv', overwrite: false, incremental: {} },
  },
  sums: {
    type: 'json',
    filepath: 'data/sums',
    versioned: false,
    partitions: { suffix: '.json', overwrite: true },
  },
}

/** Ids that the run read, and what it does when it has read them. */
async function bench(atSum: () => Promise<void> = async () => Promise.resolve()): Promise<{
  readonly work: Workbench
  readonly run: () => Promise<{
    readonly status: string
    readonly error: string | undefined
    readonly seen: unknown
  }>
  readonly add: (...names: string[]) => Promise<void>
  readonly checkpoint: () => Promise<string | undefined>
}> {
  const growing = pipeline('growing', [
    node({
      name: 'sum',
      inputs: { months },
      outputs: { sums, seen },
      isolation: 'inline',
      async run({ months: all }) {
        const ids = Object.keys(all)
        await atSum()
        return {
          seen: ids,
          sums: Object.fromEntries(
            Object.entries(all).map(([id, load]) => [
              id,
              async () => (await load()).reduce((sum, { wind }) => sum + wind, 0),
            ]),
          ),
        }
      },
    }),
    node({
      name: 'check',
      inputs: { seen, months },
      outputs: { also },
      isolation: 'inline',
      run: ({ months: all }) => ({ also: Object.keys(all) }),
    }),
  ])
  const work = await workbench({ pipelines: [growing], catalog })
  await work.work()
  return {
    work,
    async run() {
      const run = await work.client.enqueue(growing)
      const { status, error } = await run.wait({ timeout: 20_000 })
      const reference = await run.reference('seen')
      return { status, error, seen: JSON.parse(reference?.inline ?? 'null') as unknown }
    },
    async add(...names) {
      for (const name of names) {
        const file = join(work.root, 'data/months', `${name}.csv`)
        await mkdir(dirname(file), { recursive: true })
        await writeFile(file, 'wind\n1\n2\n')
      }
    },
    async checkpoint() {
      return readFile(join(work.root, 'data/months/CHECKPOINT'), 'utf8').catch(() => undefined)
    },
  }
}

describe('an incremental dataset', () => {
  it('gives each run what no run before it has processed, and its checkpoint is there when the run has ended', async () => {
    const { run, add, checkpoint, work } = await bench()
    await add('2015-01', '2015-02')
    expect(await run()).toMatchObject({ status: 'succeeded', seen: ['2015-01', '2015-02'] })
    expect(await checkpoint()).toBe('2015-02')
    await add('2015-03')
    expect(await run()).toMatchObject({ status: 'succeeded', seen: ['2015-03'] })
    expect(await checkpoint()).toBe('2015-03')
    expect(await run()).toMatchObject({ status: 'succeeded', seen: [] })
    expect(await checkpoint()).toBe('2015-03')
    // `overwrite`: the partitions of the last run alone.
    await expect(readFile(join(work.root, 'data/sums/2015-03.json'))).rejects.toThrow('ENOENT')
  })

  it('gives the same again after a run that failed', async () => {
    let fails = true
    const { run, add, checkpoint } = await bench(async () => {
      if (fails) throw new FatalNodeError('not today')
      await Promise.resolve()
    })
    await add('2015-01')
    expect(await run()).toMatchObject({ status: 'failed' })
    expect(await checkpoint()).toBeUndefined()
    fails = false
    expect(await run()).toMatchObject({ status: 'succeeded', seen: ['2015-01'] })
    expect(await checkpoint()).toBe('2015-01')
  })

  it('passes nothing over that came while nodes of one run were reading it', async () => {
    const added = Promise.withResolvers<void>()
    const { run, add, checkpoint } = await bench(async () => added.promise)
    await add('2015-01')
    const first = run()
    await add('2015-02')
    added.resolve()
    const { seen: ids } = await first
    // Whether the first node saw the second file or not, the checkpoint is what it saw.
    expect(await checkpoint()).toBe((ids as string[]).at(-1))
  })
})

describe('a partitioned dataset', () => {
  it('is published file by file, and its partitions are what the node made', async () => {
    const { run, add, work } = await bench()
    await add('2015-01', 'north/2015-02')
    expect(await run()).toMatchObject({ status: 'succeeded' })
    expect(await readFile(join(work.root, 'data/sums/north/2015-02.json'), 'utf8')).toBe('3')
    expect(await readFile(join(work.root, 'data/sums/2015-01.json'), 'utf8')).toBe('3')
  })
})
