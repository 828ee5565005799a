import { access, cp, mkdir } from 'node:fs/promises'
import { dirname, join, normalize, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

import { InfrastructureError } from '@pipewright/engine'
import {
  artifactAddress,
  artifactFolder,
  listArtifacts,
  type Http,
} from '@pipewright/mlflow-adapter'

/** Files that are fetched at once. */
const together = 4

/**
 * Fetches all files of a folder of artifacts.
 *
 * @param location Such as `mlflow-artifacts:/1/models/m-0c4f/artifacts`, or a folder that this machine shares with the
 * server.
 * @throws InfrastructureError `MODEL_NOT_FETCHED`, or MlflowError
 */
export async function downloadFolder(http: Http, location: string, target: string): Promise<void> {
  const files = await filesOf(http, location)
  if (files === undefined) {
    await copyFolder(location, target)
    return
  }
  if (files.length === 0) throw notFetched(location, 'There are no files in it.')
  const waiting = [...files]
  const fetchNext = async (): Promise<void> => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      const file = join(target, inside(path, location))
      const address = artifactAddress(location, path)
      if (address === undefined) return
      await mkdir(dirname(file), { recursive: true })
      await http.download(address, file)
    }
  }
  await Promise.all(Array.from({ length: together }, fetchNext))
}

/** Paths below the folder; undefined when the server does not keep the artifacts itself. */
async function filesOf(http: Http, location: string): Promise<readonly string[] | undefined> {
  const root = artifactFolder(location)
  if (root === undefined) return undefined
  const found: string[] = []
  const folders = ['']
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    const { files } = await http.call(listArtifacts, { path: [root, folder].join('/') })
    for (const { path, is_dir } of files) {
      const below = folder === '' ? path : `${folder}/${path}`
      if (is_dir) folders.push(below)
      else found.push(below)
    }
  }
  return found
}

async function copyFolder(location: string, target: string): Promise<void> {
  const folder = location.startsWith('file:') ? fileURLToPath(location) : location
  const isLocal = !/^[a-z][a-z0-9+.-]+:/i.test(folder)
  const isHere =
    isLocal &&
    (await access(folder).then(
      () => true,
      () => false,
    ))
  if (!isHere)
    throw notFetched(location, 'The server does not hand it out, and it is no folder here.')
  await cp(folder, target, { recursive: true })
}

/** A server's names must not lead out of the folder. */
function inside(path: string, location: string): string {
  const name = normalize(path)
  if (name.startsWith(`..${sep}`) || name.startsWith(sep)) {
    throw notFetched(location, `It names a file outside of itself: ${path}.`)
  }
  return name
}

function notFetched(location: string, reason: string): InfrastructureError {
  return new InfrastructureError(
    'MODEL_NOT_FETCHED',
    `The model at ${location} cannot be fetched. ${reason}`,
    {
      hint: 'Serve artifacts through MLflow (mlflow server --artifacts-destination …), or download the model and serve its folder.',
    },
  )
}
