import type { Pipeline } from './pipeline.ts'

/** Names of all datasets that the nodes of pipelines read and make, each once. */
export function datasetNames(pipelines: readonly Pipeline[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { inputs, outputs } of pipelines.flatMap(({ nodes }) => nodes)) {
    for (const { name } of Object.values(inputs)) names.add(name)
    for (const { name } of Object.values(outputs)) names.add(name)
  }
  return names
}
