import { fileURLToPath, pathToFileURL } from 'node:url'

import type { AnyNode } from '../definition/node.ts'
import { NodeError } from '../errors.ts'
import { modulesOf } from './modules-of.ts'

/** Where a bundle gets a node from: an export that is the node, or that is a pipeline with it. */
export interface NodePlace {
  readonly node: AnyNode
  /** Absolute path of the module. */
  readonly module: string
  /** Name of the export. */
  readonly export: string
  readonly is: 'node' | 'pipeline'
}

/**
 * Finds the modules that export nodes, among a module and all that it imports. A node that no module exports by itself, such
 * as one made by `namespace`, is found in the smallest exported pipeline that has it.
 *
 * @param code URL of a module that is loaded already: its imports are too, so nothing is evaluated a second time.
 * @throws NodeError `MODEL_CODE_NOT_FOUND`
 */
export async function findNodes(
  code: string,
  nodes: readonly AnyNode[],
): Promise<readonly NodePlace[]> {
  const wanted = new Set<unknown>(nodes)
  const exact = new Map<AnyNode, NodePlace>()
  const inPipelines = new Map<AnyNode, { readonly place: NodePlace; readonly size: number }>()
  for (const module of await modulesOf(fileURLToPath(code))) {
    // A module is an object; those that the bundler read were loaded by the project.
    // oxlint-disable-next-line no-await-in-loop -- they come from Node's cache
    const exported = (await import(pathToFileURL(module).href)) as Readonly<Record<string, unknown>>
    for (const [name, value] of Object.entries(exported)) {
      if (wanted.has(value)) {
        // It is one of the nodes.
        const node = value as AnyNode
        exact.set(node, { node, module, export: name, is: 'node' })
        continue
      }
      const members = nodesOf(value)
      for (const node of members.filter((member) => wanted.has(member)))
        if (members.length < (inPipelines.get(node)?.size ?? Infinity))
          inPipelines.set(node, {
            place: { node, module, export: name, is: 'pipeline' },
            size: members.length,
          })
    }
  }
  return nodes.map((node) => {
    const place = exact.get(node) ?? inPipelines.get(node)?.place
    if (place === undefined) throw notFound(code, node)
    return place
  })
}

function nodesOf(value: unknown): readonly AnyNode[] {
  if (typeof value !== 'object' || value === null || !('nodes' in value)) return []
  // Compared by identity only, so it does not matter what else it may be.
  return Array.isArray(value.nodes) ? (value.nodes as readonly AnyNode[]) : []
}

function notFound(code: string, { name }: AnyNode): NodeError {
  return new NodeError(
    'MODEL_CODE_NOT_FOUND',
    `Node "${name}" is not exported by ${fileURLToPath(code)} or a module that it imports, so it cannot be packed.`,
    {
      hint: 'Export the node, or a pipeline that has it, and let `code` be the `import.meta.url` of a module that imports it.',
      retryable: false,
    },
  )
}
