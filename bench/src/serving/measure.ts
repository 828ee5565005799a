import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import * as z from 'zod'

import { quantile } from '../statistics.ts'
import { load, post, type Load } from './load.ts'
import { makeDigits, onnxEnvironment } from './python-side.ts'
import { startOurs, startStock, type ServedProcess } from './served-process.ts'

/** One server under one load, once. */
export interface ServingSample {
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

/** One server under one load, in all repetitions. */
export interface ServingRow {
  readonly server: string
  readonly concurrency: number
  readonly samples: readonly ServingSample[]
}

/** Everything that `--serving` measures. */
export interface ServingResult {
  readonly rows: readonly ServingRow[]
  /** Images that were predicted by both, and the largest difference between two probabilities. */
  readonly compared: number
  readonly difference: number
}

const concurrencies = [1, 16] as const
const milliseconds = 3000
const Images = z.array(z.array(z.number()))
const Answer = z.object({ predictions: z.unknown() })

/**
 * Serves one ONNX model by MLflow's own server (with one process, its default, and with one a core) and by ours, and sends
 * them the same requests in turn: one image each.
 */
export async function measureServing(pairs: number): Promise<ServingResult> {
  const folder = await mkdtemp(join(tmpdir(), 'pipewright-bench-serving-'))
  const servers: ServedProcess[] = []
  try {
    const environment = await onnxEnvironment()
    const { model, images: file } = await makeDigits(environment, folder)
    const images = Images.parse(JSON.parse(await readFile(file, 'utf8')))
    servers.push(await startStock(environment, model, 1), await startStock(environment, model, 2))
    servers.push(await startOurs(model))
    const compared = await compare(servers, images.slice(0, 1000))
    return { rows: await inTurn(servers, images, pairs), ...compared }
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
    await rm(folder, { recursive: true, force: true })
  }
}

/** The first repetition warms up and does not count. */
async function inTurn(
  servers: readonly ServedProcess[],
  images: readonly (readonly number[])[],
  pairs: number,
): Promise<readonly ServingRow[]> {
  const bodies = images.slice(0, 200).map((image) => JSON.stringify({ inputs: [image] }))
  const rows = concurrencies.flatMap((concurrency) =>
    servers.map(({ name, port }) => ({
      server: name,
      port,
      concurrency,
      samples: [] as ServingSample[],
    })),
  )
  for (let repetition = 0; repetition <= pairs; repetition++) {
    for (const { port, concurrency, samples } of rows) {
      const sample = sampleOf(await load(port, bodies, { concurrency, milliseconds }))
      if (repetition > 0) samples.push(sample)
    }
  }
  return rows
}

function sampleOf({ latencies, elapsed }: Load): ServingSample {
  return {
    perSecond: (latencies.length / elapsed) * 1000,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  }
}

async function compare(
  servers: readonly ServedProcess[],
  images: readonly (readonly number[])[],
): Promise<Pick<ServingResult, 'compared' | 'difference'>> {
  const body = JSON.stringify({ inputs: images })
  const [first = [], ...others] = await Promise.all(
    servers.map(async ({ port }) => numbersIn(Answer.parse(JSON.parse(await post(port, body))))),
  )
  const differences = others.flatMap((other) => {
    if (other.length !== first.length) throw new Error('The servers answer in different shapes.')
    return first.map((value, index) => Math.abs(value - (other[index] ?? Number.NaN)))
  })
  return {
    compared: images.length,
    difference: differences.reduce((most, value) => Math.max(most, value), 0),
  }
}

/** All numbers of an answer, in order: `{"digit": [[…], …]}`. */
function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(numbersIn)
}
