import type { Dataset } from '@pipewright/engine'
import type { KeptCheck, ResumeFactsOfNow } from '@pipewright/engine/client'
import { readProjectCode, shortenedFiles } from '@pipewright/engine/internal'

import { datasetStore, type PreparedRun } from './prepare-run.ts'

/** What is known of the project of now, for `client.resumePlan`. */
export async function resumeFacts({
  opened,
  pipeline,
  compiled,
  params,
  submission,
}: PreparedRun): Promise<{ readonly facts: ResumeFactsOfNow; readonly check: KeptCheck }> {
  const store = datasetStore(opened)
  const code = await readProjectCode([pipeline], opened.root)
  const codes = pipeline.nodes.flatMap(({ name }) => {
    const known = code.of(pipeline.name, name)
    return known === undefined
      ? []
      : [[name, { ...known, files: shortenedFiles(known.files) }] as const]
  })
  const datasets = new Map<string, Dataset>()
  for (const { inputs, outputs } of pipeline.nodes)
    for (const dataset of [...Object.values(inputs), ...Object.values(outputs)])
      datasets.set(dataset.name, dataset)
  const contents = new Map<string, { readonly sha256: string; readonly path: string }>()
  for (const name of compiled.plan.inputs) {
    const dataset = datasets.get(name)
    // What lies elsewhere for the new run is not compared: its readers run.
    if (dataset === undefined || submission.inputs?.[name] !== undefined) continue
    const content = await store.content(dataset)
    if (content !== undefined) contents.set(name, content)
  }
  const forms = [...datasets.values()].flatMap((dataset) => {
    const form = store.form(dataset)
    return form === undefined ? [] : [[dataset.name, form] as const]
  })
  return {
    facts: {
      plan: compiled.plan,
      params,
      codes: new Map(codes),
      contents,
      forms: new Map(forms),
    },
    check: async (reference) => store.kept(reference),
  }
}
