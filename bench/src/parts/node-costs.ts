import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { dataset } from '@pipewright/engine'
import { DatasetStore, openStorage, type DatasetReference } from '@pipewright/engine/internal'
import { openIsolates } from '@pipewright/worker'

import { Passed, pipelineName } from '../shapes.ts'
import { median } from '../statistics.ts'

/** What one part of a node run costs. */
export interface Cost {
  readonly part: string
  /** Median of several rounds. */
  readonly microseconds: number
}

const root = join(import.meta.dirname, '../../projects/measured')
const value: Passed = {
  id: 1,
  label: 'a small dataset',
  at: 12_345.678,
  values: [1, 2, 3, 4, 5, 6, 7, 8],
}
const given = dataset('d0', Passed)
const place = { runId: 'bench', node: 'n0', attempt: 1 }
const inFlight = 32

/** The parts of a node run outside of Redis: wall time of one core, without and with an isolate around them. */
export async function nodeCosts(): Promise<readonly Cost[]> {
  const directory = await mkdtemp(join(tmpdir(), 'pipewright-bench-'))
  const store = new DatasetStore({
    catalog: {},
    root: directory,
    storage: openStorage('store', directory),
  })
  const reference = await store.save(given, value, place)
  const text = JSON.stringify(value)
  try {
    return [
      await cost('validate', 20_000, () => Passed.parse(value)),
      await cost('JSON to value and back', 20_000, () => JSON.stringify(JSON.parse(text))),
      await cost('load (decode, validate)', 20_000, () => store.load(given, reference)),
      await cost('save (validate, encode, hash)', 20_000, () => store.save(given, value, place)),
      ...(await attemptCosts(reference)),
    ]
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** A whole attempt with one input and one output: load, run, check, save. */
async function attemptCosts(reference: DatasetReference): Promise<readonly Cost[]> {
  const isolates = openIsolates({ root })
  const request = {
    runId: 'bench',
    node: 'n1',
    instance: 'n1',
    attempt: 1,
    params: {},
    inputs: { [given.name]: reference },
  }
  const silent = { onMetric: () => undefined, onLog: () => undefined }
  const costs: Cost[] = []
  for (const isolation of ['inline', 'thread'] as const) {
    const pipeline = pipelineName('chain', isolation)
    const attempt = async (): Promise<void> => {
      const { result } = isolates.of(isolation).execute({ ...request, pipeline }, silent)
      if ((await result).type !== 'succeeded') throw new Error('The attempt failed.')
    }
    const batch = async (): Promise<unknown> =>
      Promise.all(Array.from({ length: inFlight }, attempt))
    const { part, microseconds } = await cost(
      `attempt, ${isolation}, ${inFlight} at a time`,
      600,
      batch,
    )
    costs.push({ part, microseconds: microseconds / inFlight })
  }
  await isolates.close()
  return costs
}

async function cost(part: string, times: number, run: () => unknown): Promise<Cost> {
  const rounds: number[] = []
  for (let round = 0; round < 6; round += 1) {
    const start = performance.now()
    for (let i = 0; i < times; i += 1) await run()
    rounds.push(((performance.now() - start) * 1000) / times)
  }
  // The first round compiles.
  return { part, microseconds: median(rounds.slice(1)) }
}
