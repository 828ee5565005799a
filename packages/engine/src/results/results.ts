import * as z from 'zod'

import { DatasetStore } from '../catalog/dataset-store.ts'
import { openStorage } from '../catalog/open-storage.ts'
import type { RunHandle } from '../client/run-handle.ts'
import { Secret } from '../config/secret.ts'
import { dataset, type Dataset, type Value } from '../definition/dataset.ts'
import { didYouMean } from '../definition/nearest.ts'
import type { AsJson, PipelineOutputs, PipelineResult } from '../definition/pipeline-types.ts'
import type { Pipeline } from '../definition/pipeline.ts'
import { DatasetError, PipewrightError, UsageError } from '../errors.ts'

/** Options of `openResults`. */
export interface ResultsOptions {
  /** The runs' store, as in `pipewright.yml`: a folder or an address such as `s3://bucket/store`. Default `.pipewright/store`. */
  readonly store?: string | undefined
  /** The folder from which a plain path counts. Default: the working directory. */
  readonly root?: string | undefined
  /**
   * What lets us into a bucket, with the settings that `credentials.yml` would have. Default: what the vendor's library finds by
   * itself, in the environment or as the role of this machine.
   */
  readonly credentials?: Readonly<Record<string, unknown>> | undefined
}

/** How long `result` waits for the end of the run. */
type Waiting = Parameters<RunHandle['wait']>[0]

/** Loads what runs have made. */
export interface Results {
  /**
   * The value of a dataset that a node of the run has made, as soon as that node has succeeded. What lies in the ledger, 4 KiB
   * at most, is there without the store.
   *
   * @throws UsageError `UNKNOWN_DATASET`; DatasetError `OUTPUT_NOT_MADE` (its node has not succeeded), `DATASET_NOT_FOUND`,
   * `DATASET_CORRUPT`, `DATASET_INVALID`, `DATASET_NOT_DECODABLE`; InfrastructureError `RUN_NOT_FOUND`, `STORAGE_FAILED`,
   * `REDIS_…`
   *
   * @example
   * const { weights } = await results.output(run, model)
   */
  output<D extends Dataset>(run: RunHandle, dataset: D): Promise<Value<D>>
  /**
   * The same by name, for a service without the dataset's schema: as it was written, unchecked. Of a run whose pipeline is
   * known, as after `enqueue<typeof training>('training')`, it has the type that the dataset has as JSON.
   */
  output<P extends Pipeline, Name extends keyof PipelineOutputs<P> & string>(
    run: RunHandle<P>,
    dataset: Name,
  ): Promise<AsJson<PipelineOutputs<P>[Name]>>
  /**
   * Waits for the end of the run and loads what it has made for the world: the datasets that none of its nodes reads, by name.
   * With the pipeline they are checked and typed.
   *
   * @throws PipewrightError `RUN_FAILED` when it failed or was cancelled; InfrastructureError `RUN_WAIT_TIMEOUT`; else as
   * `output`
   *
   * @example
   * const { model } = await results.result(run, training, { timeout: 60_000 })
   */
  result<P extends Pipeline>(
    run: RunHandle,
    pipeline: P,
    waiting?: Waiting,
  ): Promise<PipelineResult<P>>
  /** The same for a service without the pipeline's code: unchecked, and typed as `output` by name. */
  result<P extends Pipeline>(
    run: RunHandle<P>,
    pipeline?: undefined,
    waiting?: Waiting,
  ): Promise<AsJson<PipelineResult<P>>>
}

/**
 * Opens the store of runs for reading. It is apart from the client, since it brings the formats of data with it.
 *
 * @throws ConfigError `STORAGE_UNSUPPORTED`, `STORAGE_ADDRESS_INVALID`
 *
 * @example
 * import { openResults } from '@pipewright/engine/results'
 * const results = openResults({ store: 'file:///mnt/pipewright/store' })
 */
export function openResults({
  store = '.pipewright/store',
  root = process.cwd(),
  credentials,
}: ResultsOptions = {}): Results {
  const secret = credentials && new Secret(credentials)
  const storage = openStorage(store, root, { credentials: secret && (() => secret) })
  return new StoreResults(new DatasetStore({ catalog: {}, root, storage }))
}

class StoreResults implements Results {
  readonly #store: DatasetStore

  constructor(store: DatasetStore) {
    this.#store = store
  }

  async output<D extends Dataset>(run: RunHandle, wanted: D): Promise<Value<D>>
  async output<P extends Pipeline, Name extends keyof PipelineOutputs<P> & string>(
    run: RunHandle<P>,
    wanted: Name,
  ): Promise<AsJson<PipelineOutputs<P>[Name]>>
  async output(run: RunHandle, wanted: Dataset | string): Promise<unknown> {
    const asked = typeof wanted === 'string' ? unchecked(wanted) : wanted
    const reference = await run.reference(asked.name)
    if (reference === undefined) throw await this.#missing(run, asked.name)
    return this.#store.load(asked, reference)
  }

  async result<P extends Pipeline>(
    run: RunHandle,
    pipeline?: P,
    waiting: Waiting = {},
  ): Promise<PipelineResult<P>> {
    const { status, error } = await run.wait(waiting)
    if (status !== 'succeeded') {
      const how =
        status === 'cancelled' ? 'was cancelled' : `failed: ${error ?? 'it gives no reason'}`
      throw new PipewrightError('RUN_FAILED', `Run ${run.id} ${how.replace(/\.$/, '')}.`, {
        hint: 'Its nodes tell more: "pipewright runs show", or nodes() of the run. What they made is still there: output().',
      })
    }
    const declared = new Map(
      (pipeline?.nodes ?? []).flatMap(({ outputs }) =>
        Object.values(outputs).map((each) => [each.name, each] as const),
      ),
    )
    const { outputs } = await run.plan()
    const values = await Promise.all(
      outputs.map(async (name) => [
        name,
        await this.output(run, declared.get(name) ?? unchecked(name)),
      ]),
    )
    // Each value was checked by the schema that types it; without the pipeline they are unknown.
    return Object.fromEntries(values) as PipelineResult<P>
  }

  async #missing(run: RunHandle, name: string): Promise<PipewrightError> {
    const { nodes } = await run.plan()
    const maker = nodes.find(({ outputs }) => Object.values(outputs).includes(name))
    if (maker === undefined) {
      const known = nodes.flatMap(({ outputs }) => Object.values(outputs))
      return new UsageError(
        'UNKNOWN_DATASET',
        `No node of run ${run.id} makes a dataset "${name}".`,
        {
          hint: didYouMean(name, known, 'datasets'),
        },
      )
    }
    return new DatasetError(
      'OUTPUT_NOT_MADE',
      `Dataset "${name}" of run ${run.id} is not made: node "${maker.name}" has not succeeded.`,
      { dataset: name, hint: 'Wait for the run, and look at its status: wait() of the run.' },
    )
  }
}

/** A dataset whose schema nobody here knows. */
function unchecked(name: string): Dataset {
  return dataset(name, z.unknown())
}
