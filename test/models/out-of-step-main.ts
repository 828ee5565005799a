import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { InferencePipeline } from '@pipewright/engine'
import { runPipeline } from '@pipewright/engine/testing'

import { labels, rows } from './packed.ts'

/**
 * Trains and packs the project in a folder, as a worker would that has loaded it; edits the shared preprocessing on disk; and
 * trains again with what is loaded. Prints what became of the packing node each time.
 */
const folder = process.argv[2] ?? ''
// The fixture exports it.
const { sentiment } = (await import(pathToFileURL(join(folder, 'sentiment.ts')).href)) as {
  readonly sentiment: InferencePipeline
}

async function train(): Promise<void> {
  const { nodes } = await runPipeline(sentiment.training, { inputs: { reviews: rows, labels } })
  const packing = nodes.find(({ name }) => name === 'pack_sentiment')
  process.stdout.write(`${[packing?.status, packing?.error?.code].join(' ').trim()}\n`)
}

await train()
const path = join(folder, 'words-of.ts')
const text = await readFile(path, 'utf8')
await writeFile(path, text.replace('text.toLowerCase()', 'text'))
await train()
