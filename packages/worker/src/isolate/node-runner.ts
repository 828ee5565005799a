import { DatasetError, NodeError, type Node, type Project } from '@pipewright/engine'
import {
  describeFailure,
  didYouMean,
  executeNode,
  datasetOf,
  findKept,
  type CatalogRead,
  type NodeLog,
} from '@pipewright/engine/isolate'

import { RunStores } from '../run-stores.ts'
import type { AttemptObserver, AttemptRequest, AttemptResult, IsolateSetup } from './isolate.ts'
import { openProject, type LoadedProject } from './open-project.ts'

/** Runs attempts of a project's nodes in this thread. */
export interface NodeRunner {
  /** Never rejects: whatever the user's code does is in the result. */
  run(
    request: AttemptRequest,
    options: { readonly signal: AbortSignal; readonly observer: AttemptObserver },
  ): Promise<AttemptResult>
}

/**
 * Loads the project, unless it is given already loaded, and gives what runs its nodes.
 *
 * @throws ConfigError or PipelineError when the project or its configuration cannot be loaded.
 */
export async function createNodeRunner(setup: IsolateSetup | LoadedProject): Promise<NodeRunner> {
  const opened = 'project' in setup ? setup : await openProject(setup)
  const { project, root, trackingUri } = opened
  const stores = new RunStores(opened.store, opened.storeWith)
  const findNode = nodeFinder(project)
  return {
    async run(request, { signal, observer }) {
      const { runId, pipeline, instance, attempt, start, params, inputs } = request
      const place = { runId, node: instance, attempt, start }
      const onMetric: AttemptObserver['onMetric'] = (key, value, step, at) =>
        observer.onMetric(key, value, step, at)
      const reads: CatalogRead[] = []
      const checkpoints: Record<string, string> = {}
      let choice: readonly string[] | undefined
      try {
        const common = await stores.of(request.runtimeParams)
        const store = request.given === undefined ? common : common.withInputs(request.given)
        const node = findNode(request)
        // Hooks are promised the values.
        const isEncoded = node.encodedInputs === true && project.hooks.length === 0
        const outputs = await executeNode({
          node,
          root,
          trackingUri,
          runId,
          pipeline,
          instance,
          attempt,
          params,
          hooks: project.hooks,
          signal,
          log: nodeLog(observer),
          onMetric,
          async load(dataset) {
            const reference = findKept(inputs, dataset.name)
            if (reference !== undefined && isEncoded) return store.encoded(dataset, reference)
            if (reference !== undefined) return await store.load(dataset, reference)
            if (request.missing?.includes(datasetOf(dataset.name)) === true) return undefined
            const { value, read, checkpoint } = await store.readFromCatalog(dataset)
            reads.push(read)
            if (checkpoint !== undefined) checkpoints[dataset.name] = checkpoint
            return value
          },
          save: (dataset, value) => store.save(dataset, value, place, onMetric),
          onChoice: (made) => (choice = made),
        })
        const moved = Object.keys(checkpoints).length > 0 && { checkpoints }
        return { type: 'succeeded', outputs, ...told(reads), ...moved, ...(choice && { choice }) }
      } catch (thrown) {
        return { ...failedAttempt(request, thrown), ...told(reads) }
      }
    },
  }
}

/** Each dataset once, in the order of their names: loads of one attempt end in any. */
function told(reads: readonly CatalogRead[]): { readonly reads?: readonly CatalogRead[] } {
  if (reads.length === 0) return {}
  const once = [...new Map(reads.map((read) => [read.dataset, read])).values()]
  return { reads: once.toSorted((one, two) => (one.dataset < two.dataset ? -1 : 1)) }
}

function failedAttempt(
  { instance }: AttemptRequest,
  thrown: unknown,
): Extract<AttemptResult, { type: 'failed' }> {
  const { failure, retryable } = describeFailure(thrown)
  // A store knows datasets only; the reader wants to know whose input or output it was.
  const prefix = thrown instanceof DatasetError ? `Node "${instance}": ` : ''
  return {
    type: 'failed',
    failure: { ...failure, message: `${prefix}${failure.message}` },
    retryable,
  }
}

function nodeFinder(project: Project): (request: AttemptRequest) => Node {
  const pipelines = new Map(
    project.pipelines.map(({ name, nodes }) => [
      name,
      new Map(nodes.map((node) => [node.name, node])),
    ]),
  )
  return ({ pipeline, node }) => {
    const nodes = pipelines.get(pipeline)
    const found = nodes?.get(node)
    if (found !== undefined) return found
    throw nodes === undefined
      ? unknown(`pipeline "${pipeline}"`, didYouMean(pipeline, pipelines.keys(), 'pipelines'))
      : unknown(`node "${node}" in pipeline "${pipeline}"`, didYouMean(node, nodes.keys(), 'nodes'))
  }
}

/** Retryable: another worker, or this one once it is deployed anew, may have the code. */
function unknown(what: string, known: string): NodeError {
  return new NodeError('NODE_UNKNOWN', `This worker's code has no ${what}.`, {
    hint: `Deploy the code that the run was submitted with to every worker of this queue. ${known}`,
    retryable: true,
  })
}

function nodeLog(observer: AttemptObserver): NodeLog {
  return {
    debug: (message, fields = {}) => observer.onLog('debug', message, fields),
    info: (message, fields = {}) => observer.onLog('info', message, fields),
    warn: (message, fields = {}) => observer.onLog('warn', message, fields),
    error: (message, fields = {}) => observer.onLog('error', message, fields),
  }
}
