import * as z from 'zod'

const Pair = z.object({ key: z.string(), value: z.string() })
const Point = z.object({
  key: z.string(),
  value: z.union([z.number(), z.string()]),
  timestamp: z.number(),
  step: z.number(),
})
const Run = z.object({
  info: z.object({
    run_id: z.string(),
    run_name: z.string(),
    status: z.string(),
    start_time: z.number(),
    end_time: z.number().optional(),
    lifecycle_stage: z.string(),
  }),
  data: z.object({
    tags: z.array(Pair).default([]),
    params: z.array(Pair).default([]),
    metrics: z.array(Point).default([]),
  }),
})

const Input = z.object({
  tags: z.array(Pair).default([]),
  dataset: z.object({
    name: z.string(),
    digest: z.string(),
    source_type: z.string(),
    source: z.string(),
    schema: z.string().optional(),
    profile: z.string().optional(),
  }),
})

/** A dataset that a run read, as the tests look at it. */
export interface SeenInput {
  readonly name: string
  readonly digest: string
  readonly sourceType: string
  readonly source: unknown
  readonly schema: unknown
  readonly profile: unknown
  readonly tags: Readonly<Record<string, string>>
}

/** A run as the tests look at it. */
export interface SeenRun {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly start: number
  readonly end: number | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly params: Readonly<Record<string, string>>
  /** Last values. */
  readonly metrics: Readonly<Record<string, number | string>>
}

/** Reads an MLflow server through its REST API, with no code of the adapter. */
export class SeenServer {
  readonly #uri: string
  readonly #experiment: string

  constructor(uri: string, experiment: string) {
    this.#uri = uri
    this.#experiment = experiment
  }

  /** All active runs of the experiment. */
  runs(): Promise<readonly SeenRun[]> {
    return this.search('')
  }

  /** Active runs of the experiment that a filter of MLflow fits. */
  async search(filter: string): Promise<readonly SeenRun[]> {
    const experiment = await this.#experimentId()
    const answer = await this.#post('runs/search', {
      experiment_ids: [experiment],
      filter,
      max_results: 10_000,
    })
    return z
      .object({ runs: z.array(Run).default([]) })
      .parse(answer)
      .runs.map(({ info, data }) => ({
        id: info.run_id,
        name: info.run_name,
        status: info.status,
        start: info.start_time,
        end: info.end_time,
        tags: Object.fromEntries(data.tags.map(({ key, value }) => [key, value])),
        params: Object.fromEntries(data.params.map(({ key, value }) => [key, value])),
        metrics: Object.fromEntries(data.metrics.map(({ key, value }) => [key, value])),
      }))
  }

  /** What a run read, by name. */
  async inputs(run: string): Promise<readonly SeenInput[]> {
    const answer = await this.#get(`runs/get?run_id=${run}`)
    const { dataset_inputs } = z
      .object({
        run: z.object({
          inputs: z.object({ dataset_inputs: z.array(Input).default([]) }).prefault({}),
        }),
      })
      .parse(answer).run.inputs
    return dataset_inputs
      .map(({ tags, dataset: { name, digest, source_type, source, schema, profile } }) => ({
        name,
        digest,
        sourceType: source_type,
        source: JSON.parse(source),
        schema: JSON.parse(schema ?? 'null'),
        profile: JSON.parse(profile ?? 'null'),
        tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
      }))
      .toSorted((one, two) => one.name.localeCompare(two.name))
  }

  /** Tags of the experiment. */
  async experimentTags(): Promise<Readonly<Record<string, string>>> {
    const answer = await this.#get(`experiments/get?experiment_id=${await this.#experimentId()}`)
    const { experiment } = z
      .object({ experiment: z.object({ tags: z.array(Pair).default([]) }) })
      .parse(answer)
    return Object.fromEntries(experiment.tags.map(({ key, value }) => [key, value]))
  }

  /** Deletes the experiment. */
  async deleteExperiment(): Promise<void> {
    await this.#post('experiments/delete', { experiment_id: await this.#experimentId() })
  }

  /** Files of a run. */
  async artifacts(run: string, folder = ''): Promise<readonly string[]> {
    const answer = await this.#get(
      `artifacts/list?run_id=${run}&path=${encodeURIComponent(folder)}`,
    )
    const File = z.object({ path: z.string(), is_dir: z.boolean() })
    const { files } = z.object({ files: z.array(File).default([]) }).parse(answer)
    const lists = files.map(async ({ path, is_dir }) =>
      is_dir ? this.artifacts(run, path) : [path],
    )
    return (await Promise.all(lists)).flat()
  }

  /** Sets a tag of a run. */
  async setTag(run: string, key: string, value: string): Promise<void> {
    await this.#post('runs/set-tag', { run_id: run, key, value })
  }

  /** Makes a version of a new registered model of a run, and gives the model's name. */
  async register(run: string): Promise<string> {
    const name = `model-of-${run}`
    await this.#post('registered-models/create', { name })
    await this.#post('model-versions/create', { name, source: `runs:/${run}/model`, run_id: run })
    return name
  }

  /** Deletes a run. */
  async deleteRun(run: string): Promise<void> {
    await this.#post('runs/delete', { run_id: run })
  }

  /** Restores the experiment. */
  async restoreExperiment(): Promise<void> {
    await this.#post('experiments/restore', { experiment_id: await this.#experimentId() })
  }

  /** All points of a metric, in the order of recording: value, step, time. */
  async history(
    run: string,
    metric: string,
  ): Promise<readonly (readonly [number | string, number, number])[]> {
    const answer = await this.#get(
      `metrics/get-history?run_id=${run}&metric_key=${encodeURIComponent(metric)}&max_results=25000`,
    )
    return z
      .object({ metrics: z.array(Point).default([]) })
      .parse(answer)
      .metrics.map(({ value, step, timestamp }) => [value, step, timestamp] as const)
      .toSorted((a, b) => a[1] - b[1] || a[2] - b[2])
  }

  /** Text of an artifact. */
  async artifact(run: string, path: string): Promise<string> {
    return (await this.artifactBytes(run, path)).toString('utf8')
  }

  /** Content of an artifact. */
  async artifactBytes(run: string, path: string): Promise<Buffer> {
    const answer = await fetch(
      `${this.#uri}/get-artifact?run_uuid=${run}&path=${encodeURIComponent(path)}`,
    )
    if (!answer.ok) throw new Error(`${path} of ${run}: ${answer.status}`)
    return Buffer.from(await answer.arrayBuffer())
  }

  async #experimentId(): Promise<string> {
    const found = await this.#get(
      `experiments/get-by-name?experiment_name=${encodeURIComponent(this.#experiment)}`,
    )
    const { experiment } = z
      .object({ experiment: z.object({ experiment_id: z.string() }) })
      .parse(found)
    return experiment.experiment_id
  }

  async #get(path: string): Promise<unknown> {
    const answer = await fetch(`${this.#uri}/api/2.0/mlflow/${path}`)
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }

  async #post(path: string, body: unknown): Promise<unknown> {
    const answer = await fetch(`${this.#uri}/api/2.0/mlflow/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }
}
