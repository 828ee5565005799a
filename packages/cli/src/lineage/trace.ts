import type {
  DatasetContent,
  LineageSource,
  ModelVersion,
  NodeLineage,
  RunLineage,
} from '@pipewright/mlflow-adapter'

import { contentId, LineageGraph } from './graph.ts'
import { RunIndex } from './run-index.ts'

/** Where a trace began, and all that was found. */
export interface Trace {
  readonly start: string
  readonly graph: LineageGraph
  /** True when there is more than was followed. */
  readonly isCut: boolean
}

/** Answers which data went through which runs, and which versions of registered models runs made. */
export interface TracedSource extends LineageSource {
  versionsOf(run: string): Promise<readonly ModelVersion[]>
}

/** A node or a content of a run that is still to be followed. */
type Step<Of> = readonly [index: RunIndex, of: Of]

/** Follows data through runs: up to where they came in, down to what was made of them. */
export class Tracer {
  readonly #source: TracedSource
  readonly #mostRuns: number
  readonly #graph = new LineageGraph()
  readonly #runs = new Map<string, Promise<RunIndex | undefined>>()
  readonly #seen = new Set<string>()
  #isCut = false

  /** @param mostRuns Runs that are followed at most: thousands may have read the same raw data. */
  constructor(source: TracedSource, mostRuns: number) {
    this.#source = source
    this.#mostRuns = mostRuns
  }

  /** From a content that a run read or made. */
  async ofContent(index: RunIndex, content: DatasetContent): Promise<Trace> {
    this.#runs.set(index.run.run, Promise.resolve(index))
    const start = this.#addContent(content)
    const maker = await this.#makerOf(index, content)
    if (maker !== undefined) {
      this.#graph.connect(this.#addNode(...maker), start)
      await this.#up([maker])
    }
    await this.#down([[index, content]])
    return { start, graph: this.#graph, isCut: this.#isCut }
  }

  /** From a model version and the run that made it, when that is known. */
  async ofVersion(version: ModelVersion, index: RunIndex | undefined): Promise<Trace> {
    const start = this.#addVersion(version)
    const node = index?.node(version.node)
    if (index !== undefined && node !== undefined) {
      this.#runs.set(index.run.run, Promise.resolve(index))
      const content = node.outputs.find(({ dataset }) => dataset === version.dataset)
      const maker = this.#addNode(index, node)
      if (content === undefined) this.#graph.connect(maker, start)
      else {
        this.#graph.connect(maker, this.#addContent(content))
        this.#graph.connect(contentId(content), start)
      }
      await this.#up([[index, node]])
    }
    return { start, graph: this.#graph, isCut: this.#isCut }
  }

  async #up(begin: readonly Step<NodeLineage>[]): Promise<void> {
    const open = [...begin]
    for (let step = open.pop(); step !== undefined; step = open.pop()) {
      const [index, node] = step
      const id = this.#addNode(index, node)
      if (!this.#isNew(`up ${id}`)) continue
      for (const input of node.inputs) {
        this.#graph.connect(this.#addContent(input), id)
        const inRun = index.node(input.madeBy)
        const maker =
          inRun === undefined
            ? // oxlint-disable-next-line no-await-in-loop -- what is seen once is not followed again
              await this.#makerBefore(index.run, input)
            : ([index, inRun] as const)
        if (maker === undefined) continue
        this.#graph.connect(this.#addNode(...maker), contentId(input))
        open.push(maker)
      }
    }
  }

  async #makerOf(index: RunIndex, content: DatasetContent): Promise<Step<NodeLineage> | undefined> {
    const maker = index.maker(content)
    return maker === undefined ? this.#makerBefore(index.run, content) : [index, maker]
  }

  /** What came from the catalog may have been published by another run: the last one before this. */
  async #makerBefore(
    reader: RunLineage,
    { dataset, digest }: DatasetContent,
  ): Promise<Step<NodeLineage> | undefined> {
    for (const id of await this.#source.makersOf(dataset, digest)) {
      // oxlint-disable-next-line no-await-in-loop -- the first that fits ends it
      const index = id === reader.run ? undefined : await this.#enter(id)
      const maker = index?.maker({ dataset, digest })
      if (index !== undefined && maker !== undefined && index.run.createdAt <= reader.createdAt)
        return [index, maker]
    }
    return undefined
  }

  async #down(begin: readonly Step<DatasetContent>[]): Promise<void> {
    const open = [...begin]
    for (let step = open.pop(); step !== undefined; step = open.pop()) {
      const [index, content] = step
      // oxlint-disable-next-line no-await-in-loop -- what is seen once is not followed again
      await this.#addVersions(index, content)
      // oxlint-disable-next-line no-await-in-loop
      for (const [reading, node] of await this.#readersOf(index, content)) {
        const id = this.#addNode(reading, node)
        this.#graph.connect(contentId(content), id)
        if (!this.#isNew(`down ${id}`)) continue
        for (const output of node.outputs) {
          this.#graph.connect(id, this.#addContent(output))
          open.push([reading, output])
        }
      }
    }
  }

  /** Nodes of the same run that read a content from where this one got it, and nodes of others that read it from the catalog. */
  async #readersOf(
    index: RunIndex,
    content: DatasetContent,
  ): Promise<readonly Step<NodeLineage>[]> {
    const own = index.readers(content, index.maker(content))
    const steps: Step<NodeLineage>[] = own.map((node) => [index, node])
    if (!this.#isNew(`readers ${contentId(content)}`)) return steps
    const { dataset, digest } = content
    for (const id of await this.#source.readersOf(dataset, digest, this.#mostRuns + 1)) {
      // oxlint-disable-next-line no-await-in-loop -- bounded by the number of runs
      const other = id === index.run.run ? undefined : await this.#enter(id)
      for (const node of other?.readers(content, undefined) ?? [])
        if (other !== undefined) steps.push([other, node])
    }
    return steps
  }

  /** Versions of registered models that a content became. */
  async #addVersions(index: RunIndex, content: DatasetContent): Promise<void> {
    const maker = index.maker(content)?.node
    if (maker === undefined) return
    for (const version of await this.#source.versionsOf(index.run.run))
      if (version.node === maker && version.dataset === content.dataset)
        this.#graph.connect(contentId(content), this.#addVersion(version))
  }

  /** The run, unless it would be one too many. */
  #enter(run: string): Promise<RunIndex | undefined> {
    const known = this.#runs.get(run)
    if (known !== undefined) return known
    if (this.#runs.size >= this.#mostRuns) {
      this.#isCut = true
      return Promise.resolve(undefined)
    }
    const found = this.#source.run(run).then((lineage) => lineage && new RunIndex(lineage))
    this.#runs.set(run, found)
    return found
  }

  #addContent({ dataset, digest, format, bytes, rows, place }: DatasetContent): string {
    const id = contentId({ dataset, digest })
    return this.#graph.add({ kind: 'dataset', id, dataset, digest, format, bytes, rows, place })
  }

  #addNode({ run }: RunIndex, { node, status }: NodeLineage): string {
    return this.#graph.add({
      kind: 'node',
      id: `${run.run}/${node}`,
      run: run.run,
      pipeline: run.pipeline,
      node,
      status,
      createdAt: run.createdAt,
      commit: commitOf(run.tags),
    })
  }

  #addVersion({ name, version, aliases }: ModelVersion): string {
    const id = `models:/${name}/${version}`
    return this.#graph.add({ kind: 'version', id, name, version, aliases })
  }

  #isNew(key: string): boolean {
    if (this.#seen.has(key)) return false
    this.#seen.add(key)
    return true
  }
}

function commitOf(tags: Readonly<Record<string, string>>): string | undefined {
  const commit = tags['mlflow.source.git.commit']
  if (commit === undefined) return undefined
  return `${commit.slice(0, 7)}${tags['pipewright.git.dirty'] === 'true' ? '+' : ''}`
}
