import * as z from 'zod'

import { modelAddress, type ModelAddress } from '../catalog/model-address.ts'
import type { PackageFiles } from '../model/package.ts'
import type { MlflowServer } from './mlflow-server.ts'

const Version = z.object({
  model_version: z.object({ version: z.coerce.string() }),
})
const Newest = z.object({
  model_versions: z.array(z.object({ version: z.coerce.string() })).default([]),
})
const Download = z.object({ artifact_uri: z.string() })
const Logged = z.object({ model: z.object({ info: z.object({ artifact_uri: z.string() }) }) })
const Run = z.object({ run: z.object({ info: z.object({ artifact_uri: z.string() }) }) })
const Listing = z.object({
  files: z.array(z.object({ path: z.string(), is_dir: z.boolean().default(false) })).default([]),
})

/** Where the files of a model lie on the server: `mlflow-artifacts:/…`. Undefined when there is no such model. */
export async function findModel(
  tracking: MlflowServer,
  registry: MlflowServer,
  address: ModelAddress,
): Promise<string | undefined> {
  switch (address.by) {
    case 'model':
      return (await tracking.ask(`logged-models/${address.id}`, {}, Logged))?.model.info
        .artifact_uri
    case 'run': {
      const found = await tracking.ask('runs/get', { run_id: address.run }, Run)
      return found && `${found.run.info.artifact_uri}/${address.path}`
    }
    case 'version':
      return findVersion(tracking, registry, address.name, address.version)
    case 'alias': {
      const { name, alias } = address
      const found = await registry.ask('registered-models/alias', { name, alias }, Version)
      return found && findVersion(tracking, registry, name, found.model_version.version)
    }
    case 'latest':
      return findNewest(tracking, registry, address.name)
    default:
      return address satisfies never
  }
}

async function findNewest(
  tracking: MlflowServer,
  registry: MlflowServer,
  name: string,
): Promise<string | undefined> {
  const query = { filter: `name = '${name}'`, order_by: 'version_number DESC', max_results: '1' }
  const found = await registry.ask('model-versions/search', query, Newest)
  const newest = found?.model_versions[0]
  return newest && findVersion(tracking, registry, name, newest.version)
}

async function findVersion(
  tracking: MlflowServer,
  registry: MlflowServer,
  name: string,
  version: string,
): Promise<string | undefined> {
  const found = await registry.ask('model-versions/get-download-uri', { name, version }, Download)
  // It is what the version was made from: most often an address itself.
  const address = found && modelAddress(found.artifact_uri)
  return address === undefined ? found?.artifact_uri : findModel(tracking, registry, address)
}

/** All files below a place of the server's own artifact store; undefined when they lie elsewhere. */
export async function download(
  server: MlflowServer,
  root: string,
): Promise<PackageFiles | undefined> {
  const below = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(?<folder>.+)$/.exec(root)?.groups?.['folder']
  if (below === undefined) return undefined
  const files = new Map<string, Uint8Array>()
  await downloadFolder(server, below, '', files)
  return files
}

const artifacts = '/api/2.0/mlflow-artifacts/artifacts'

async function downloadFolder(
  server: MlflowServer,
  root: string,
  folder: string,
  files: Map<string, Uint8Array>,
): Promise<void> {
  const path = folder === '' ? root : `${root}/${folder}`
  const listing = await server.bytes(`${artifacts}?${new URLSearchParams({ path }).toString()}`)
  const { files: found } = Listing.parse(JSON.parse(listing?.toString('utf8') ?? '{}'))
  for (const { path: name, is_dir: isFolder } of found) {
    const inner = folder === '' ? name : `${folder}/${name}`
    if (isFolder) {
      // oxlint-disable-next-line no-await-in-loop -- a dozen files, and one server
      await downloadFolder(server, root, inner, files)
      continue
    }
    const address = `${root}/${inner}`.split('/').map(encodeURIComponent).join('/')
    // oxlint-disable-next-line no-await-in-loop
    const content = await server.bytes(`${artifacts}/${address}`)
    if (content !== undefined) files.set(inner, content)
  }
}
