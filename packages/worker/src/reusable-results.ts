import type { Dataset, Pipeline } from '@pipewright/engine'
import {
  borrowFiles,
  earlierNodes,
  keys,
  NodeFinished,
  nodeRunFingerprint,
  planResume,
  readMade,
  readRecorded,
  type Content,
  type DatasetReference,
  type DatasetStore,
  type EarlierNode,
  type Ledger,
  type NodeBasis,
  type RecordedRun,
} from '@pipewright/engine/internal'

import type { Assignment } from './assignment.ts'
import type { RunStores } from './run-stores.ts'

/** A committed result that a node run takes in place of running. */
export interface ReusableResult {
  readonly record: NodeFinished
  readonly outputs: readonly DatasetReference[]
}

/** What a node run makes its outputs from, before it runs. */
export interface ReuseBasis {
  /** Undefined where something that it depends on is not known. */
  readonly fingerprint: string | undefined
  /** Digests of what it would read from the catalog, by dataset. */
  readonly contents: ReadonlyMap<string, string>
}

/** What is found for a node run before it runs. */
export interface FoundReuse {
  readonly basis: ReuseBasis
  readonly result: ReusableResult | undefined
}

/** Runs that are resumed of which the records are kept: one is read once for all nodes of the run that resumes it. */
const limit = 20

interface Earlier {
  readonly recorded: RecordedRun
  readonly nodes: ReadonlyMap<string, EarlierNode>
}

/** Finds committed results with the same code, params and inputs, for nodes and runs that want them. */
export class ReusableResults {
  readonly #ledger: Ledger
  readonly #stores: RunStores
  readonly #codeOf: (given: Assignment) => string | undefined
  readonly #datasets: ReadonlyMap<string, ReadonlyMap<string, Dataset>>
  readonly #earlier = new Map<string, Promise<Earlier>>()

  constructor(options: {
    readonly ledger: Ledger
    readonly stores: RunStores
    /** Undefined where a worker takes whatever comes: then the content of no dataset of the catalog is known. */
    readonly pipelines: readonly Pipeline[] | undefined
    readonly codeOf: (given: Assignment) => string | undefined
  }) {
    this.#ledger = options.ledger
    this.#stores = options.stores
    this.#codeOf = options.codeOf
    this.#datasets = new Map(
      (options.pipelines ?? []).map(({ name, nodes }) => [name, datasetsOf(nodes)] as const),
    )
  }

  /** Undefined for a node run that is to run whatever there is. @throws InfrastructureError `STORAGE_FAILED`; errors of Redis */
  async find(given: Assignment): Promise<FoundReuse | undefined> {
    const { run, node } = given
    if (run.resumes === undefined && run.reuse !== true && node.reuse !== true) return undefined
    const store = await this.#stores.of(run.runtimeParams)
    const now = await this.#basis(given, store)
    const contents = new Map(
      Object.entries(now.inputs).flatMap(([dataset, content]) =>
        content?.path === undefined ? [] : [[dataset, content.sha256] as const],
      ),
    )
    const isListed = run.reuse === true || node.reuse === true
    const fingerprint = isListed ? nodeRunFingerprint(node.name, now) : undefined
    const basis = { fingerprint, contents }
    const resumed = await this.#ofResumed(given, now)
    const found = resumed ?? (await this.#ofIndex(given, fingerprint))
    const result = found && (await this.#verified(given, found, store))
    return { basis, result }
  }

  async #basis(
    { run, node, inputs, ...given }: Assignment,
    store: DatasetStore,
  ): Promise<NodeBasis> {
    const datasets = this.#datasets.get(run.pipeline)
    const contents: Record<string, Content | undefined> = {}
    for (const name of new Set(Object.values(node.inputs))) {
      const made =
        inputs[name] ?? Object.values(inputs).find(({ dataset }) => isSame(dataset, name))
      const dataset = datasets?.get(name)
      if (made !== undefined) contents[name] = { sha256: made.sha256 }
      // What lies elsewhere for this run is not looked at.
      else if (dataset !== undefined && run.given?.[name] === undefined)
        // oxlint-disable-next-line no-await-in-loop -- one after the other: each may be large
        contents[name] = await store.content(dataset)
      else contents[name] = undefined
    }
    const code = this.#codeOf({ run, node, inputs, ...given })
    const forms = Object.values(node.outputs).map((name) => {
      const dataset = datasets?.get(name)
      return [name, dataset && store.form(dataset)] as const
    })
    const named = Object.values(node.params).filter((name) => Object.hasOwn(run.params, name))
    return {
      code: code === undefined ? undefined : { fingerprint: code },
      params: Object.fromEntries(named.map((name) => [name, run.params[name]])),
      inputs: contents,
      outputs: Object.fromEntries(forms),
    }
  }

  /** What the run that this one resumes has of the node, when nothing that it was made from has changed. */
  async #ofResumed(given: Assignment, now: NodeBasis): Promise<NodeFinished | undefined> {
    const { run, node } = given
    if (run.resumes === undefined) return undefined
    const { recorded, nodes } = await this.#read(run.resumes)
    const forms = Object.entries(now.outputs).flatMap(([name, form]) =>
      form === undefined ? [] : [[name, form] as const],
    )
    const contents = Object.entries(now.inputs).flatMap(([name, content]) =>
      content === undefined ? [] : [[name, content] as const],
    )
    // The node alone: what it reads of others is known by now.
    const [decision] = planResume({
      plan: { ...run.plan, nodes: [{ ...node, producers: [], dependents: [] }] },
      earlier: nodes,
      params: run.params,
      codes: new Map(now.code === undefined ? [] : [[node.name, now.code]]),
      contents: new Map(contents),
      forms: new Map(forms),
    })
    if (decision?.action !== 'reuse') return undefined
    return recorded.nodes.find((each) => each.node === node.name)?.record
  }

  async #read(id: string): Promise<Earlier> {
    let reading = this.#earlier.get(id)
    if (reading === undefined) {
      reading = readRecorded(this.#ledger.redis, this.#ledger.prefix, id).then((recorded) => ({
        recorded,
        nodes: earlierNodes(recorded),
      }))
      this.#earlier.set(id, reading)
      reading.catch(() => this.#earlier.delete(id))
      const oldest = this.#earlier.keys().next()
      if (this.#earlier.size > limit && oldest.value !== undefined)
        this.#earlier.delete(oldest.value)
    }
    return reading
  }

  async #ofIndex(
    { run }: Assignment,
    fingerprint: string | undefined,
  ): Promise<NodeFinished | undefined> {
    if (fingerprint === undefined) return undefined
    const { redis, prefix } = this.#ledger
    const [origin, index] = (await redis.get(keys.reusable(prefix, fingerprint)))?.split('|') ?? []
    if (origin === undefined || index === undefined) return undefined
    const text = await redis.hget(keys.nodes(prefix, origin), index)
    if (text === null) return undefined
    const record = NodeFinished.parse(JSON.parse(text))
    const isYoung = run.reuseFor === undefined || Date.now() - record.endedAt <= run.reuseFor
    return record.status === 'succeeded' && isYoung ? record : undefined
  }

  /** Only what is still there, byte by byte; from then on it stays for as long as this run is kept. */
  async #verified(
    { run }: Assignment,
    record: NodeFinished,
    store: DatasetStore,
  ): Promise<ReusableResult | undefined> {
    const { redis, prefix } = this.#ledger
    const origin = record.origin?.run ?? record.run
    const known = await borrowFiles(redis, prefix, run.id, [origin])
    if (!known.has(origin)) return undefined
    const names = record.outputs.map(({ dataset }) => dataset)
    const outputs = await readMade(redis, prefix, record.run, names)
    if (outputs.length < names.length) return undefined
    for (const reference of outputs) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other: each may be large
      if ((await store.kept(reference)) !== 'there') return undefined
    }
    return { record, outputs }
  }
}

/** The name before the `@` of a variant. */
function isSame(one: string, other: string): boolean {
  return one.split('@', 1)[0] === other.split('@', 1)[0]
}

function datasetsOf(nodes: Pipeline['nodes']): ReadonlyMap<string, Dataset> {
  return new Map(
    nodes.flatMap(({ inputs, outputs }) =>
      [...Object.values(inputs), ...Object.values(outputs)].map(
        (dataset) => [dataset.name, dataset] as const,
      ),
    ),
  )
}
