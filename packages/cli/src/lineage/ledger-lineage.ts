import type { Client, NodeRun, Plan, Run } from '@pipewright/engine/client'
import { contentDigest } from '@pipewright/engine/internal'
import type {
  DatasetContent,
  LineageSource,
  NodeLineage,
  ReadContent,
  RunLineage,
} from '@pipewright/mlflow-adapter'

/** Runs that are looked at, newest first. */
const mostRuns = 200

/** Reads from the ledger which data went through the runs that it still keeps. */
export class LedgerLineage implements LineageSource {
  readonly #client: Client
  #newest: Promise<readonly Run[]> | undefined
  readonly #plans = new Map<string, Promise<Plan>>()
  readonly #lineages = new Map<string, Promise<RunLineage>>()

  constructor(client: Client) {
    this.#client = client
  }

  async run(id: string): Promise<RunLineage | undefined> {
    const known = (await this.#runs()).find((run) => run.id === id)
    return known === undefined ? undefined : this.#lineageOf(known)
  }

  async newestWith(dataset: string, digest: string | undefined): Promise<string | undefined> {
    const isIt = (content: DatasetContent): boolean =>
      content.dataset === dataset && content.digest.startsWith(digest ?? '')
    const uses = ({ inputs, outputs }: NodeLineage): boolean => [...inputs, ...outputs].some(isIt)
    const [newest] = await this.#where(1, (plan) => names(plan).has(dataset), uses)
    return newest
  }

  async makersOf(dataset: string, digest: string): Promise<readonly string[]> {
    const isIt = (content: DatasetContent): boolean =>
      content.dataset === dataset && content.digest === digest
    const isMade = (plan: Plan): boolean =>
      names(plan).has(dataset) && !plan.inputs.includes(dataset)
    return this.#where(mostRuns, isMade, ({ outputs }) => outputs.some(isIt))
  }

  async readersOf(dataset: string, digest: string, limit: number): Promise<readonly string[]> {
    const isIt = (content: ReadContent): boolean =>
      content.dataset === dataset && content.digest === digest && content.madeBy === undefined
    const isRead = (plan: Plan): boolean => plan.inputs.includes(dataset)
    return this.#where(limit, isRead, ({ inputs }) => inputs.some(isIt))
  }

  /** The first runs whose plan may fit and one of whose nodes does. */
  async #where(
    limit: number,
    mayFit: (plan: Plan) => boolean,
    fits: (node: NodeLineage) => boolean,
  ): Promise<readonly string[]> {
    const found: string[] = []
    for (const run of await this.#runs()) {
      if (found.length >= limit) break
      // oxlint-disable-next-line no-await-in-loop -- most runs share a plan, and few fit
      if (!mayFit(await this.#planOf(run))) continue
      // oxlint-disable-next-line no-await-in-loop
      const { nodes } = await this.#lineageOf(run)
      if (nodes.some(fits)) found.push(run.id)
    }
    return found
  }

  #runs(): Promise<readonly Run[]> {
    this.#newest ??= this.#client.runs.newest(mostRuns)
    return this.#newest
  }

  #planOf(run: Run): Promise<Plan> {
    const known = this.#plans.get(run.plan)
    if (known !== undefined) return known
    const plan = this.#client.run(run.id).then((handle) => handle.plan())
    this.#plans.set(run.plan, plan)
    return plan
  }

  #lineageOf(run: Run): Promise<RunLineage> {
    const known = this.#lineages.get(run.id)
    if (known !== undefined) return known
    const lineage = this.#read(run)
    this.#lineages.set(run.id, lineage)
    return lineage
  }

  async #read(run: Run): Promise<RunLineage> {
    const handle = await this.#client.run(run.id)
    const [plan, nodes] = [await this.#planOf(run), await handle.nodes()]
    const made = new Map(
      nodes.flatMap((node) =>
        outputsOf(node).map((content) => [content.dataset, { ...content, madeBy: node.node }]),
      ),
    )
    const { id, pipeline, status, createdAt, tags } = run
    return {
      run: id,
      pipeline,
      status,
      createdAt,
      source: 'ledger',
      tags,
      nodes: nodes.map((node) => ({
        node: node.node,
        status: node.status,
        inputs: inputsOf(node, plan, made),
        outputs: outputsOf(node),
      })),
    }
  }
}

function outputsOf({ record }: NodeRun): readonly DatasetContent[] {
  return (record?.outputs ?? []).map((output) => ({
    dataset: output.dataset,
    digest: contentDigest(output),
    format: output.format,
    bytes: output.bytes,
    rows: output.rows,
  }))
}

/** What a node that was started read: of the catalog as it told, of the run as it was made. */
function inputsOf(
  { record, index, attempt }: NodeRun,
  plan: Plan,
  made: ReadonlyMap<string, ReadContent>,
): readonly ReadContent[] {
  if (attempt === 0) return []
  const reads = new Map(
    (record?.reads ?? []).map((read) => [
      read.dataset,
      {
        dataset: read.dataset,
        digest: contentDigest(read),
        format: read.format,
        bytes: read.bytes,
        rows: read.profile?.rows,
        place: read.path,
        madeBy: undefined,
      },
    ]),
  )
  const datasets = new Set(Object.values(plan.nodes[index]?.inputs ?? {}))
  return [...datasets].flatMap((dataset) => reads.get(dataset) ?? made.get(dataset) ?? [])
}

function names(plan: Plan): ReadonlySet<string> {
  const outputs = plan.nodes.flatMap((node) => Object.values(node.outputs))
  return new Set([...plan.inputs, ...outputs])
}
