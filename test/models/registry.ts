import * as z from 'zod'

const Pairs = z.array(z.object({ key: z.string(), value: z.string() })).default([])
const Versions = z.object({
  model_versions: z
    .array(z.object({ version: z.string(), run_id: z.string(), source: z.string(), tags: Pairs }))
    .default([]),
})
const Model = z.object({
  info: z.object({
    model_id: z.string(),
    status: z.string(),
    source_run_id: z.string(),
    tags: Pairs,
  }),
  data: z
    .object({
      metrics: z.array(z.object({ key: z.string(), value: z.number() })).default([]),
      params: Pairs,
    })
    .optional(),
})
const Run = z.object({
  run: z.object({
    info: z.object({ run_id: z.string() }),
    data: z.object({ tags: Pairs }),
    outputs: z
      .object({ model_outputs: z.array(z.object({ model_id: z.string() })).default([]) })
      .optional(),
  }),
})

/** Versions of a registered model as MLflow's API tells them. */
export async function versionsOf(
  uri: string,
  name: string,
): Promise<z.infer<typeof Versions>['model_versions']> {
  const query = new URLSearchParams({ filter: `name = '${name}'` }).toString()
  return Versions.parse(await ask(uri, `model-versions/search?${query}`)).model_versions
}

/** A logged model. */
export async function loggedModel(uri: string, id: string): Promise<z.infer<typeof Model>> {
  return z.object({ model: Model }).parse(await ask(uri, `logged-models/${id}`)).model
}

/** Logged models that record an output of a run of ours. */
export async function loggedModelsOf(
  uri: string,
  experiment: string,
  run: string,
): Promise<readonly z.infer<typeof Model>[]> {
  const found = z
    .object({ experiment: z.object({ experiment_id: z.string() }) })
    .parse(
      await ask(uri, `experiments/get-by-name?experiment_name=${encodeURIComponent(experiment)}`),
    )
  const answer = await ask(uri, 'logged-models/search', {
    experiment_ids: [found.experiment.experiment_id],
    filter: `tags.\`pipewright.run\` = '${run}'`,
  })
  return z.object({ models: z.array(Model).default([]) }).parse(answer).models
}

/** Models that a run names as its outputs, and its tags. */
export async function runOutputs(
  uri: string,
  run: string,
): Promise<{
  readonly models: readonly string[]
  readonly tags: Readonly<Record<string, string>>
}> {
  const answer = Run.parse(await ask(uri, `runs/get?run_id=${run}`)).run
  return {
    models: (answer.outputs?.model_outputs ?? []).map(({ model_id }) => model_id),
    tags: Object.fromEntries(answer.data.tags.map(({ key, value }) => [key, value])),
  }
}

async function ask(uri: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(
    `${uri}/api/2.0/mlflow/${path}`,
    body === undefined
      ? {}
      : {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        },
  )
  return answer.json()
}
