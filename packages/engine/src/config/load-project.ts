import { pathToFileURL } from 'node:url'

import type { Project } from '../definition/project.ts'
import { ConfigError, PipewrightError } from '../errors.ts'
import type { ProjectPlace } from './find-project.ts'

/**
 * Imports a project's `pipewright.config`, and with it its pipelines.
 *
 * @throws ConfigError `PROJECT_FAILED` when the import throws, `PROJECT_INVALID` when its default export is no project.
 * @throws PipelineError as the project's own definitions do.
 */
export async function loadProject(place: ProjectPlace): Promise<Project> {
  const exported = await importFile(place.file)
  const project = 'default' in exported ? exported.default : undefined
  if (isProject(project)) return project
  const found =
    project === undefined ? 'it has no default export' : 'its default export is something else'
  throw new ConfigError('PROJECT_INVALID', `${place.file} does not export a project: ${found}.`, {
    position: { file: place.file },
    hint: 'Write `export default defineProject({ pipelines: [ … ] })`.',
  })
}

async function importFile(file: string): Promise<object> {
  try {
    // A module is an object.
    return (await import(pathToFileURL(file).href)) as object
  } catch (error) {
    // A wrong definition says best itself what is wrong.
    if (error instanceof PipewrightError) throw error
    throw new ConfigError('PROJECT_FAILED', `${file} cannot be loaded: ${reason(error)}.`, {
      position: { file },
      hint: 'Correct the error in the project’s code; --verbose shows where it was thrown.',
      cause: error,
    })
  }
}

function reason(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return text.slice(0, 500).replace(/[.\s]+$/, '')
}

/** By shape, not by class: the project may have its own copy of the package. */
function isProject(value: unknown): value is Project {
  if (typeof value !== 'object' || value === null) return false
  if (!('pipelines' in value) || !('hooks' in value)) return false
  const { pipelines, hooks } = value
  if (!Array.isArray(pipelines) || !Array.isArray(hooks)) return false
  return pipelines.every(
    (item: unknown) =>
      typeof item === 'object' && item !== null && 'nodes' in item && 'name' in item,
  )
}
