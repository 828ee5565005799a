import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { bytes } from '../catalog/drivers/bytes.ts'
import { json } from '../catalog/drivers/json.ts'
import { fromStored } from '../catalog/validate.ts'
import type { Dataset } from '../definition/dataset.ts'
import type { AnyNode } from '../definition/node.ts'
import type { ModelManifest } from './manifest.ts'
import type { Model, ModelModule } from './model.ts'
import { Predictor } from './predictor.ts'
import { readManifest } from './read-manifest.ts'
import { serveLines } from './serve-lines.ts'

const drivers = { json, bytes }

/**
 * What `code/model.mjs` of a package exports, around its nodes. It is bundled with them, so that a model predicts as it did
 * when it was made, whatever version of the engine loads it.
 */
export function modelModule(nodes: readonly AnyNode[]): ModelModule {
  return {
    open: (folder, manifest) => openModel(nodes, folder, manifest),
    serve: async (folder) => {
      await serveLines(async () => openModel(nodes, folder, await readManifest(folder)))
    },
  }
}

async function openModel(
  nodes: readonly AnyNode[],
  folder: string,
  manifest: ModelManifest,
): Promise<Model> {
  const predictor = new Predictor({
    manifest,
    nodes,
    artifacts: await loadArtifacts(nodes, folder, manifest),
  })
  return {
    manifest,
    predict: (rows) => predictor.predict(rows),
    close: async () => predictor.close(),
  }
}

async function loadArtifacts(
  nodes: readonly AnyNode[],
  folder: string,
  { artifacts }: ModelManifest,
): Promise<ReadonlyMap<string, unknown>> {
  const read = new Map<string, Dataset>()
  for (const node of nodes)
    for (const dataset of Object.values(node.inputs)) read.set(dataset.name, dataset)
  const loaded = await Promise.all(
    Object.entries(artifacts).map(async ([name, { path, format }]) => {
      const dataset = read.get(name)
      if (dataset === undefined) return [name, undefined] as const
      const content = new Uint8Array(await readFile(join(folder, path)))
      const stored = drivers[format].decode(content, dataset, path)
      return [name, await fromStored(dataset, stored, path)] as const
    }),
  )
  return new Map(loaded)
}
