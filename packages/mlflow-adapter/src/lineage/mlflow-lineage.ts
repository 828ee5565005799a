import { MlflowError } from '../failure.ts'
import type { Http } from '../http.ts'
import { getExperimentByName } from '../rest/experiments.ts'
import { searchRunsWithData, type RunWithData } from '../rest/lineage.ts'
import { runTag } from '../tags.ts'
import { outputTag } from './lineage-tags.ts'
import { recordedRun, tagsOf } from './recorded-run.ts'
import type { LineageSource, RunLineage } from './run-lineage.ts'

/** Nodes that are read of one run at most. */
const mostNodes = 20_000
const mostMakers = 10

/** Reads from MLflow which data went through which runs, through its REST API alone. */
export class MlflowLineage implements LineageSource {
  readonly #http: Pick<Http, 'call'>
  readonly #experiment: string
  #id: Promise<string | undefined> | undefined

  /** @param experiment Name of the experiment that holds the runs. */
  constructor(http: Pick<Http, 'call'>, experiment: string) {
    this.#http = http
    this.#experiment = experiment
  }

  async run(id: string): Promise<RunLineage | undefined> {
    return recordedRun(await this.#search([equals(runTag, id)], mostNodes))
  }

  async newestWith(dataset: string, digest: string | undefined): Promise<string | undefined> {
    const made = `tags.\`${outputTag}${dataset}\` LIKE ${quoted(`${digest ?? ''}%`)}`
    const read = [
      `dataset.name = ${quoted(dataset)}`,
      ...(digest === undefined ? [] : [`dataset.digest LIKE ${quoted(`${digest}%`)}`]),
    ]
    const found = await Promise.all([this.#search([made], 1), this.#search(read, 1)])
    const [newest] = found.flat().toSorted((one, two) => two.info.start_time - one.info.start_time)
    return newest === undefined ? undefined : tagsOf(newest)[runTag]
  }

  async makersOf(dataset: string, digest: string): Promise<readonly string[]> {
    return runsOf(await this.#search([equals(`${outputTag}${dataset}`, digest)], mostMakers))
  }

  async readersOf(dataset: string, digest: string, limit: number): Promise<readonly string[]> {
    const conditions = [
      // parents list what their run read from the catalog
      equals('pipewright.kind', 'pipeline'),
      `dataset.name = ${quoted(dataset)}`,
      `dataset.digest = ${quoted(digest)}`,
    ]
    return runsOf(await this.#search(conditions, limit))
  }

  async #search(conditions: readonly string[], most: number): Promise<readonly RunWithData[]> {
    this.#id ??= this.#experimentId()
    const id = await this.#id
    if (id === undefined) return []
    const found: RunWithData[] = []
    let page: string | undefined
    do {
      const request = {
        experiment_ids: [id],
        filter: conditions.join(' AND '),
        max_results: Math.min(1000, most - found.length),
        ...(page === undefined ? {} : { page_token: page }),
      }
      // oxlint-disable-next-line no-await-in-loop -- the token of a page is in the page before
      const answer = await this.#http.call(searchRunsWithData, request)
      found.push(...answer.runs)
      page = answer.next_page_token
    } while (page !== undefined && page !== '' && found.length < most)
    return found
  }

  async #experimentId(): Promise<string | undefined> {
    try {
      const found = await this.#http.call(getExperimentByName, {
        experiment_name: this.#experiment,
      })
      return found.experiment.experiment_id
    } catch (error) {
      if (error instanceof MlflowError && error.status === 404 && !error.retryable) return undefined
      throw error
    }
  }
}

function runsOf(found: readonly RunWithData[]): readonly string[] {
  return [...new Set(found.flatMap((run) => tagsOf(run)[runTag] ?? []))]
}

function equals(tag: string, value: string): string {
  return `tags.\`${tag}\` = ${quoted(value)}`
}

/** MLflow's filters have no escape for a quote, but take either kind. */
function quoted(text: string): string {
  return text.includes("'") ? `"${text}"` : `'${text}'`
}
