import type { DatasetContent, NodeLineage, RunLineage } from '@pipewright/mlflow-adapter'

import { contentId } from './graph.ts'

/** The lineage of one run, by what was made and read. */
export class RunIndex {
  readonly run: RunLineage
  readonly #nodes: ReadonlyMap<string, NodeLineage>
  readonly #makers = new Map<string, NodeLineage>()
  readonly #readers = new Map<string, NodeLineage[]>()

  constructor(run: RunLineage) {
    this.run = run
    this.#nodes = new Map(run.nodes.map((node) => [node.node, node]))
    for (const node of run.nodes) {
      for (const output of node.outputs) this.#makers.set(contentId(output), node)
      for (const input of node.inputs) {
        const key = `${input.madeBy ?? ''} ${contentId(input)}`
        this.#readers.set(key, [...(this.#readers.get(key) ?? []), node])
      }
    }
  }

  node(name: string | undefined): NodeLineage | undefined {
    return name === undefined ? undefined : this.#nodes.get(name)
  }

  /** The node that made a content. */
  maker(content: DatasetContent): NodeLineage | undefined {
    return this.#makers.get(contentId(content))
  }

  /** The nodes that read a content: from its maker, or from the catalog when that is undefined. */
  readers(content: DatasetContent, maker: NodeLineage | undefined): readonly NodeLineage[] {
    return this.#readers.get(`${maker?.node ?? ''} ${contentId(content)}`) ?? []
  }

  /** The content of a dataset that was made or read, of the digest that begins so. */
  content(dataset: string, digest = ''): DatasetContent | undefined {
    const contents = this.run.nodes.flatMap((node) => [...node.outputs, ...node.inputs])
    return contents.find((one) => one.dataset === dataset && one.digest.startsWith(digest))
  }
}
