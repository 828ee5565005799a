import { crashPoint } from '@pipewright/engine/internal'

import { split, type Batch } from './batch.ts'
import { MlflowError, RecordingStopped } from './failure.ts'
import type { Http } from './http.ts'
import type { Persistence } from './persistence.ts'
import { artifactAddress } from './rest/artifacts.ts'
import type { MlflowRun } from './rest/entities.ts'
import {
  createExperiment,
  getExperimentByName,
  restoreExperiment,
  setExperimentTag,
  type Experiment,
} from './rest/experiments.ts'
import { logInputs, type LogInputs } from './rest/inputs.ts'
import {
  createRun,
  deleteRun,
  getRun,
  logBatch,
  searchRuns,
  setTag,
  updateRun,
  type CreateRun,
  type UpdateRun,
} from './rest/runs.ts'
import type { AdapterSettings } from './settings.ts'
import { keyTag, runTag, tagList } from './tags.ts'
import { withoutConflict } from './without-conflict.ts'

/** The experiment that holds all runs. */
export type ExperimentSettings = AdapterSettings['experiment'] & { readonly name: string }

type NewRun = Omit<CreateRun, 'experiment_id'>

/** A run that was created, and whether a call that made it may be carried out a second time. */
export interface CreatedRun {
  readonly id: string
  readonly doubtful: boolean
}

/**
 * What the recorder does to MLflow. Every method waits while the server is away and rejects only with what no repetition
 * can mend (MlflowError that is not retryable) or with RecordingStopped.
 */
export class Tracking {
  readonly #http: Http
  readonly #persistence: Persistence
  readonly #experimentSettings: ExperimentSettings
  #experiment: Promise<Experiment> | undefined
  /** Tags of the experiment that were set since it was found. */
  readonly #tagged = new Map<string, string>()

  constructor(http: Http, persistence: Persistence, experiment: ExperimentSettings) {
    this.#http = http
    this.#persistence = persistence
    this.#experimentSettings = experiment
  }

  /** The experiment, created or restored when needed. */
  experiment(): Promise<Experiment> {
    this.#experiment ??= this.#persistence
      .call(() => this.#findExperiment())
      .catch((error: unknown) => {
        this.#experiment = undefined
        throw error
      })
    return this.#experiment
  }

  /** Tags of the experiment, as they were when it was found and as they were set since. */
  async experimentTags(): Promise<ReadonlyMap<string, string>> {
    const { tags } = await this.experiment()
    return new Map([...tags.map(({ key, value }) => [key, value] as const), ...this.#tagged])
  }

  /** Sets a tag of the experiment. */
  async tagExperiment(key: string, value: string): Promise<void> {
    const { experiment_id } = await this.experiment()
    await withoutConflict(async () => {
      await this.#persistence.call(() =>
        this.#http.call(setExperimentTag, { experiment_id, key, value }),
      )
    })
    this.#tagged.set(key, value)
  }

  /** Writes a harmless tag, without patience: a server that can only read, such as one with a full disk, fails it. */
  async probe(): Promise<void> {
    const { experiment_id } = await this.#findExperiment()
    const value = new Date().toISOString()
    await this.#http.call(setExperimentTag, { experiment_id, key: 'pipewright.probed', value })
  }

  /**
   * Whether a run that was created is still there. One that was deleted together with its experiment is, once the experiment
   * is restored.
   */
  async runState(run: string): Promise<'active' | 'deleted' | 'gone'> {
    const state = await this.#runState(run)
    if (state !== 'deleted') return state
    this.#experiment = undefined
    await this.experiment()
    return this.#runState(run)
  }

  async #runState(run: string): Promise<'active' | 'deleted' | 'gone'> {
    try {
      const answer = await this.#persistence.call(() => this.#http.call(getRun, { run_id: run }))
      return answer.run.info.lifecycle_stage
    } catch (error) {
      if (error instanceof MlflowError && error.code === 'MLFLOW_RUN_GONE') return 'gone'
      throw error
    }
  }

  /** All runs that record a run of ours, page by page. */
  async runsOf(run: string): Promise<readonly MlflowRun[]> {
    return this.#search(`tags.\`${runTag}\` = ${quoted(run)}`)
  }

  /** Active runs of the experiment that a condition holds for, the newest first, so many at most. */
  async find(filter: string, most: number): Promise<readonly MlflowRun[]> {
    const { experiment_id } = await this.experiment()
    const request = { experiment_ids: [experiment_id], filter, max_results: most }
    return (await this.#persistence.call(() => this.#http.call(searchRuns, request))).runs
  }

  /**
   * Creates a run, once. After an outcome that leaves open whether it was created it looks before it tries again.
   *
   * @returns its id, and whether such an outcome occurred: then the first call may still be carried out later.
   */
  async createRun(run: NewRun, key: string): Promise<CreatedRun> {
    try {
      return await this.#createRun(run, key)
    } catch (error) {
      if (!(error instanceof MlflowError)) throw error
      // the experiment may have been deleted, or the server's database replaced, since we asked
      this.#experiment = undefined
      return this.#createRun(run, key)
    }
  }

  async #createRun(run: NewRun, key: string): Promise<CreatedRun> {
    const { experiment_id } = await this.experiment()
    let doubtful = false
    const id = await this.#persistence.call(async () => {
      const found = doubtful ? await this.#find(key) : undefined
      if (found !== undefined) return found
      try {
        crashPoint('adapter.creating')
        const { run: created } = await this.#http.call(createRun, { ...run, experiment_id })
        crashPoint('adapter.created')
        await this.#withdraw(created.info.run_id, key)
        return created.info.run_id
      } catch (error) {
        if (error instanceof MlflowError && error.ambiguous) doubtful = true
        throw error
      }
    })
    return { id, doubtful }
  }

  /**
   * A process that was frozen may create a run after another one took its lease, and even recorded the run to its end. MLflow
   * knows no leases, so whoever finds itself too late takes its double back, before it stops.
   *
   * @throws RecordingStopped when this process records no longer
   */
  async #withdraw(id: string, key: string): Promise<void> {
    if (this.#persistence.active) return
    try {
      const { experiment_id } = await this.experiment()
      const { runs } = await this.#http.call(searchRuns, {
        experiment_ids: [experiment_id],
        filter: `tags.\`${keyTag}\` = ${quoted(key)}`,
        max_results: 2,
      })
      // the only one was made in time: the other process has found it and uses it
      if (runs.length > 1) await this.#http.call(deleteRun, { run_id: id })
    } catch (error) {
      if (!(error instanceof MlflowError)) throw error
    }
    throw new RecordingStopped()
  }

  /** Sets status, end and name. */
  async updateRun(update: UpdateRun): Promise<void> {
    await this.#ofRun(async () => {
      crashPoint('adapter.ending')
      await this.#http.call(updateRun, update)
    })
    crashPoint('adapter.ended')
  }

  /** Logs a batch of any size. */
  async log(run: string, batch: Batch): Promise<void> {
    for (const part of split(batch))
      // oxlint-disable-next-line no-await-in-loop -- the server writes one batch of a run at a time anyway
      await this.#ofRun(async () => {
        crashPoint('adapter.logging')
        await this.#http.call(logBatch, { run_id: run, ...part })
      })
  }

  /** Adds inputs to a run; those that it has already change nothing. */
  async logInputs(inputs: LogInputs): Promise<void> {
    await this.#ofRun(async () => {
      crashPoint('adapter.logging')
      await this.#http.call(logInputs, inputs)
    })
  }

  /** Sets one tag. */
  async setTag(run: string, key: string, value: string): Promise<void> {
    await this.#ofRun(() => this.#http.call(setTag, { run_id: run, key, value }))
  }

  /** Deletes a run; one that is gone already counts as deleted. */
  async deleteRun(run: string): Promise<void> {
    try {
      await this.#persistence.call(() => this.#http.call(deleteRun, { run_id: run }))
    } catch (error) {
      if (!(error instanceof MlflowError) || error.retryable) throw error
    }
  }

  /**
   * Uploads an artifact of a run.
   *
   * @returns false when the experiment's artifacts are not kept by the server itself.
   */
  async putArtifact(
    run: string,
    path: string,
    bytes: Uint8Array,
    mediaType: string,
  ): Promise<boolean> {
    const { artifact_location } = await this.experiment()
    const address = artifactAddress(`${artifact_location}/${run}/artifacts`, path)
    if (address === undefined) return false
    await this.#persistence.call(async () => {
      crashPoint('adapter.logging')
      await this.#http.put(address, bytes, mediaType)
    })
    return true
  }

  /**
   * Writes to a run that is there. One that was deleted together with its experiment comes back with it.
   *
   * @throws MlflowError `MLFLOW_RUN_DELETED` when someone deleted the run itself, `MLFLOW_RUN_GONE` when the server does not
   * know it
   */
  async #ofRun(operation: () => Promise<unknown>): Promise<void> {
    try {
      await this.#persistence.call(operation)
    } catch (error) {
      if (!(error instanceof MlflowError) || error.code !== 'MLFLOW_RUN_DELETED') throw error
      this.#experiment = undefined
      await this.experiment()
      await this.#persistence.call(operation)
    }
  }

  async #find(key: string): Promise<string | undefined> {
    const { experiment_id } = await this.experiment()
    const { runs } = await this.#http.call(searchRuns, {
      experiment_ids: [experiment_id],
      filter: `tags.\`${keyTag}\` = ${quoted(key)}`,
      max_results: 1,
    })
    return runs[0]?.info.run_id
  }

  async #search(filter: string): Promise<readonly MlflowRun[]> {
    const { experiment_id } = await this.experiment()
    const found: MlflowRun[] = []
    let page: string | undefined
    do {
      const request = {
        experiment_ids: [experiment_id],
        filter,
        max_results: 1000,
        ...(page === undefined ? {} : { page_token: page }),
      }
      // oxlint-disable-next-line no-await-in-loop -- the token of a page is in the page before
      const answer = await this.#persistence.call(() => this.#http.call(searchRuns, request))
      found.push(...answer.runs)
      page = answer.next_page_token
    } while (page !== undefined && page !== '')
    return found
  }

  async #findExperiment(): Promise<Experiment> {
    const { name, artifactLocation, tags, restore } = this.#experimentSettings
    const found = await this.#experimentByName(name)
    if (found !== undefined) {
      if (found.lifecycle_stage === 'deleted') await this.#restore(found, restore)
      return found
    }
    try {
      await this.#http.call(createExperiment, {
        name,
        tags: tagList({ 'mlflow.experimentKind': 'custom_model_development', ...tags }),
        ...(artifactLocation !== undefined && { artifact_location: artifactLocation }),
      })
    } catch (error) {
      // another client was faster; the next look finds its experiment
      if (!isTaken(error)) throw error
    }
    const created = await this.#experimentByName(name)
    if (created !== undefined) return created
    throw new MlflowError('MLFLOW_BUSY', `The experiment ${name} was created but is not there.`, {
      retryable: true,
      ambiguous: false,
    })
  }

  async #restore({ experiment_id, name }: Experiment, isAllowed: boolean): Promise<void> {
    if (isAllowed) {
      await this.#http.call(restoreExperiment, { experiment_id })
      return
    }
    throw new MlflowError('MLFLOW_EXPERIMENT_DELETED', `The experiment ${name} was deleted`, {
      retryable: true,
      ambiguous: false,
      pauses: true,
      hint: 'Restore it in MLflow, or set tracking.experiment.restore_if_deleted of mlflow.yml to true, or another tracking.experiment.name. Recording goes on by itself when it is there.',
    })
  }

  async #experimentByName(name: string): Promise<Experiment | undefined> {
    try {
      return (await this.#http.call(getExperimentByName, { experiment_name: name })).experiment
    } catch (error) {
      if (error instanceof MlflowError && error.code === 'MLFLOW_REFUSED' && error.status === 404)
        return undefined
      throw error
    }
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof MlflowError && error.message.includes('RESOURCE_ALREADY_EXISTS')
}

/** MLflow's filters have no escape for a quote, but take either kind. */
function quoted(text: string): string {
  return text.includes("'") ? `"${text}"` : `'${text}'`
}
