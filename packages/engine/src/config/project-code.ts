import type { AnyNode } from '../definition/node.ts'
import type { Pipeline } from '../definition/pipeline.ts'
import type { CodeBasis } from '../plan/compare.ts'
import { fingerprintOfAll, nodeFingerprint, type CodeFiles } from '../plan/fingerprint.ts'
import { CodeReader } from './code-files.ts'

/** The code of one node. */
export interface CodeOfNode extends CodeBasis {
  /** The modules that define it, and all that they import in the project: path from its root -> sha256. */
  readonly files: CodeFiles
}

/** The code of a project's nodes, as it lies on disk when it is read. */
export interface ProjectCode {
  /** Of all nodes together: 16 hex digits. */
  readonly fingerprint: string
  /** Undefined for a node that the project does not have. */
  of(pipeline: string, node: string): CodeOfNode | undefined
  /** That of every node, each fingerprint once. */
  readonly all: readonly CodeOfNode[]
}

/**
 * Reads the code of all nodes of a project: for each, the module that defines it and what that imports, file by file.
 *
 * @param root Folder of the project, from which paths count.
 */
export async function readProjectCode(
  pipelines: readonly Pipeline[],
  root: string,
): Promise<ProjectCode> {
  const reader = new CodeReader(root)
  const byModules = new Map<string, Promise<CodeFiles>>()
  const filesOf = async ({ origin }: AnyNode): Promise<CodeFiles> => {
    const modules = origin?.() ?? []
    const together = modules.join('\n')
    const known = byModules.get(together)
    if (known !== undefined) return known
    const files = reader.filesOf(modules)
    byModules.set(together, files)
    return files
  }
  const nodes = new Map<string, CodeOfNode>()
  for (const pipeline of pipelines)
    for (const node of pipeline.nodes) {
      const files = await filesOf(node)
      const { name, source, version } = node
      const fingerprint = nodeFingerprint({ name, source, files, version })
      const known = { fingerprint, files, ...(version === undefined ? {} : { version }) }
      nodes.set(keyOf(pipeline.name, name), known)
    }
  const byFingerprint = new Map([...nodes.values()].map((code) => [code.fingerprint, code]))
  return {
    fingerprint: fingerprintOfAll(byFingerprint.keys()),
    of: (pipeline, node) => nodes.get(keyOf(pipeline, node)),
    all: [...byFingerprint.values()],
  }
}

function keyOf(pipeline: string, node: string): string {
  return `${pipeline}/${node}`
}
