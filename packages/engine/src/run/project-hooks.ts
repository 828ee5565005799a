import type { Catalog } from '../catalog/entry.ts'
import type { CatalogDataset, ContextInfo } from '../definition/hooks.ts'
import type { NodeLog } from '../definition/node-context.ts'
import type { Project } from '../definition/project.ts'
import { callHooks } from './hook-calls.ts'

/** Projects whose hooks were told. */
const told = new WeakSet<Project>()

/**
 * Tells the hooks of a project that its configuration and its catalog are there: once in a process or thread, however often
 * it opens the project.
 */
export async function callProjectHooks(
  project: Project,
  { root, env }: ContextInfo,
  catalog: Catalog,
  log: Pick<NodeLog, 'warn'>,
): Promise<void> {
  const { hooks } = project
  if (hooks.length === 0 || told.has(project)) return
  told.add(project)
  await callHooks(hooks, 'afterContextCreated', { root, env }, log)
  const datasets = Object.fromEntries(
    Object.entries(catalog).map(([name, entry]): [string, CatalogDataset] => {
      const { type, filepath, versioned, credentials, metadata } = entry
      return [name, { type, filepath, versioned, credentials, metadata }]
    }),
  )
  await callHooks(hooks, 'afterCatalogCreated', { root, env, datasets }, log)
}
