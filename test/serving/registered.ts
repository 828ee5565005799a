import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import * as z from 'zod'

const Created = z.object({
  experiment_id: z.string().optional(),
  run: z.object({ info: z.object({ run_id: z.string(), artifact_uri: z.string() }) }).optional(),
  model: z
    .object({ info: z.object({ model_id: z.string(), artifact_uri: z.string() }) })
    .optional(),
  model_version: z.object({ version: z.coerce.string() }).optional(),
})

/** A model of one test in the registry of a real MLflow, filled by its REST API. */
export class RegisteredModel {
  readonly name: string
  readonly #uri: string
  readonly #experiment: string

  private constructor(uri: string, name: string, experiment: string) {
    this.#uri = uri
    this.name = name
    this.#experiment = experiment
  }

  static async create(uri: string, name: string): Promise<RegisteredModel> {
    const { experiment_id = '' } = await post(uri, 'experiments/create', { name })
    await post(uri, 'registered-models/create', { name })
    return new RegisteredModel(uri, name, experiment_id)
  }

  /** Uploads the folder of a model and makes it a version. Returns its number, its own id, and the run that it is of. */
  async addVersion(
    folder: string,
  ): Promise<{ readonly version: string; readonly id: string; readonly run: string }> {
    const { run } = await post(this.#uri, 'runs/create', {
      experiment_id: this.#experiment,
      start_time: Date.now(),
    })
    const { model } = await post(this.#uri, 'logged-models', {
      experiment_id: this.#experiment,
      name: this.name,
      source_run_id: run?.info.run_id,
    })
    const id = model?.info.model_id ?? ''
    await this.#upload(folder, model?.info.artifact_uri ?? '')
    await post(this.#uri, `logged-models/${id}`, { model_id: id, status: 2 }, 'PATCH')
    const { model_version } = await post(this.#uri, 'model-versions/create', {
      name: this.name,
      source: `models:/${id}`,
      run_id: run?.info.run_id,
      model_id: id,
    })
    return { version: model_version?.version ?? '', id, run: run?.info.run_id ?? '' }
  }

  /** Makes the folder an artifact of a run, as `path`. */
  async addArtifact(run: string, path: string, folder: string): Promise<void> {
    await this.#upload(folder, `mlflow-artifacts:/${this.#experiment}/${run}/artifacts/${path}`)
  }

  async setAlias(alias: string, version: string): Promise<void> {
    await post(this.#uri, 'registered-models/alias', { name: this.name, alias, version })
  }

  /** The version of an alias; undefined when it is not set. */
  async alias(alias: string): Promise<string | undefined> {
    const query = new URLSearchParams({ name: this.name, alias })
    const answer = await fetch(
      `${this.#uri}/api/2.0/mlflow/registered-models/alias?${query.toString()}`,
    )
    return answer.ok ? Created.parse(await answer.json()).model_version?.version : undefined
  }

  async logMetric(run: string, key: string, value: number): Promise<void> {
    await post(this.#uri, 'runs/log-metric', { run_id: run, key, value, timestamp: Date.now() })
  }

  async #upload(folder: string, location: string): Promise<void> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    for (const entry of entries.filter((found) => found.isFile())) {
      const file = join(entry.parentPath, entry.name)
      const path = `${location.replace('mlflow-artifacts:/', '')}${file.slice(folder.length)}`
      const address = `${this.#uri}/api/2.0/mlflow-artifacts/artifacts/${path}`
      const answer = await fetch(address, { method: 'PUT', body: await readFile(file) })
      if (!answer.ok) throw new Error(`${address}: ${answer.status} ${await answer.text()}`)
    }
  }
}

async function post(
  uri: string,
  path: string,
  body: object,
  method = 'POST',
): Promise<z.infer<typeof Created>> {
  const answer = await fetch(`${uri}/api/2.0/mlflow/${path}`, {
    method,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`)
  return Created.parse(JSON.parse(text))
}
