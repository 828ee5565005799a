import type { Dataset } from '../definition/dataset.ts'
import type { Hooks, NodeRunInfo } from '../definition/hooks.ts'
import type { NodeContext, NodeLog } from '../definition/node-context.ts'
import type { AnyNode } from '../definition/node.ts'
import { NodeError } from '../errors.ts'
import { checkChoice } from './check-choice.ts'
import { callHooks } from './hook-calls.ts'
import { mapTogether } from './map-together.ts'
import { metricRecorder, type OnMetric } from './metric-recorder.ts'
import { parseNodeParams } from './node-params.ts'
import { untilAborted } from './until-aborted.ts'

/** What one attempt of a node needs. `Saved` is whatever `save` gives back, such as a reference. */
export interface ExecuteNodeOptions<Saved> {
  readonly node: AnyNode
  readonly runId: string
  readonly pipeline: string
  /** Folder of the project. Default: the working directory. */
  readonly root?: string | undefined
  /** Finds the address of the project's MLflow. Default: none is known. */
  readonly trackingUri?: (() => Promise<string | undefined>) | undefined
  /** The node's instance in the run: its name, or a path such as `score[17]`. */
  readonly instance: string
  /** 1 for the first attempt. */
  readonly attempt: number
  /** Resolved params of the run by the names that users set; the node's own are picked and parsed. */
  readonly params: Readonly<Record<string, unknown>>
  /** Gives the validated value of an input, or a promise of it. `argument` is the name under which the node reads it. */
  load(dataset: Dataset, argument: string): unknown
  /** Validates a value and puts it away. */
  save(dataset: Dataset, value: unknown): Promise<Saved> | Saved
  /** Called in this order, each awaited. A throwing hook is logged and changes nothing, unless it throws a NodeError. */
  readonly hooks?: readonly Hooks[]
  readonly signal: AbortSignal
  readonly log: NodeLog
  readonly onMetric: OnMetric
  /** Told what a branch has chosen. Default: nobody is. */
  readonly onChoice?: (choice: readonly string[]) => void
}

/**
 * Runs one attempt of a node: load the inputs, run the function, check what it returned, save the outputs. Workers and
 * `runNode` both come here, so a test sees what production does.
 *
 * @returns What `save` gave, in the order of the node's outputs.
 * @throws the user's own error; DatasetError of load or save; NodeError `INVALID_PARAM`, `OUTPUT_MISSING`,
 * `OUTPUT_UNKNOWN`, `CHOICE_UNKNOWN`, or of a hook; the signal's reason when it is aborted. When it throws, nothing of its own is running any more.
 */
export async function executeNode<Saved>(
  options: ExecuteNodeOptions<Saved>,
): Promise<readonly Saved[]> {
  const metrics = metricRecorder(options.onMetric, options.log)
  const hooks = options.hooks?.length ? nodeHooks(options, options.hooks) : undefined
  try {
    options.signal.throwIfAborted()
    const context = nodeContext(options, metrics.metric)
    const loaded = await loadInputs(options, hooks)
    const overrides = (await hooks?.call('beforeNodeRun', { inputs: loaded })) ?? []
    const inputs = overridden(loaded, overrides, options.log)
    const returned = await runFunction(options, inputs, context)
    const { node } = options
    const choice = node.choices && checkChoice({ ...node, choices: node.choices }, returned)
    const values = checkOutputs(node, options.instance, returned)
    const saved = await saveOutputs(options, values, hooks)
    // Checked last, so that hooks never hear of a success that is thrown away.
    options.signal.throwIfAborted()
    if (choice !== undefined) options.onChoice?.(choice)
    await hooks?.call('afterNodeRun', { inputs, outputs: Object.fromEntries(values) })
    return saved
  } catch (error) {
    await hooks?.call('onNodeError', { error })
    throw error
  } finally {
    metrics.close()
  }
}

function nodeContext<Saved>(
  options: ExecuteNodeOptions<Saved>,
  metric: NodeContext<unknown>['metric'],
): NodeContext<Readonly<Record<string, unknown>>> {
  const { root, trackingUri, runId, instance, attempt, signal, log, node, params } = options
  return {
    params: parseNodeParams(node, params),
    root: root ?? process.cwd(),
    ...(trackingUri === undefined ? {} : { trackingUri }),
    runId,
    node: instance,
    attempt,
    idempotencyKey: `${runId}/${instance}`,
    signal,
    log,
    metric,
  }
}

/** The inputs with what hooks gave in their place, the last one counting. */
function overridden(
  inputs: Readonly<Record<string, unknown>>,
  overrides: readonly unknown[],
  log: NodeLog,
): Readonly<Record<string, unknown>> {
  const given = overrides.filter((override) => override !== undefined && override !== null)
  if (given.length === 0) return inputs
  const result = { ...inputs }
  for (const [name, value] of given.flatMap((override) => Object.entries(override))) {
    if (Object.hasOwn(inputs, name)) result[name] = value
    else log.warn(`A hook gave a value for "${name}", which the node does not read.`)
  }
  return result
}

async function runFunction<Saved>(
  { node, signal }: ExecuteNodeOptions<Saved>,
  inputs: Readonly<Record<string, unknown>>,
  context: NodeContext<Readonly<Record<string, unknown>>>,
): Promise<unknown> {
  signal.throwIfAborted()
  try {
    return await node.run(inputs, context)
  } finally {
    // A function that stops because of the signal throws whatever its libraries throw; the reason says more.
    signal.throwIfAborted()
  }
}

async function loadInputs<Saved>(
  options: ExecuteNodeOptions<Saved>,
  hooks: NodeHooks | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const keys = Object.keys(options.node.inputs)
  const loaded = await mapTogether(keys, (key) => {
    // `key` is one of the record's own keys.
    const dataset = options.node.inputs[key] as Dataset
    return hooks === undefined
      ? options.load(dataset, key)
      : loadWithHooks(options, dataset, key, hooks)
  })
  const inputs: Record<string, unknown> = {}
  for (const [index, key] of keys.entries()) inputs[key] = loaded[index]
  return inputs
}

async function loadWithHooks<Saved>(
  options: ExecuteNodeOptions<Saved>,
  dataset: Dataset,
  key: string,
  hooks: NodeHooks,
): Promise<unknown> {
  await hooks.call('beforeDatasetLoaded', { dataset: dataset.name })
  const value = await options.load(dataset, key)
  await hooks.call('afterDatasetLoaded', { dataset: dataset.name, value })
  return value
}

async function saveOutputs<Saved>(
  options: ExecuteNodeOptions<Saved>,
  values: readonly (readonly [key: string, value: unknown])[],
  hooks: NodeHooks | undefined,
): Promise<readonly Saved[]> {
  return mapTogether(values, ([key, returned]) => {
    // `checkOutputs` gives exactly the node's output keys.
    const dataset = options.node.outputs[key] as Dataset
    const isRows = dataset.layout === 'stream' && isAsyncIterable(returned)
    const value = isRows ? untilAborted(returned, options.signal) : returned
    return hooks === undefined
      ? options.save(dataset, value)
      : saveWithHooks(options, dataset, value, hooks)
  })
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

async function saveWithHooks<Saved>(
  options: ExecuteNodeOptions<Saved>,
  dataset: Dataset,
  value: unknown,
  hooks: NodeHooks,
): Promise<Saved> {
  await hooks.call('beforeDatasetSaved', { dataset: dataset.name, value })
  const saved = await options.save(dataset, value)
  await hooks.call('afterDatasetSaved', { dataset: dataset.name, value })
  return saved
}

/** The returned values in the order of the node's outputs. What a node without outputs returns is not looked at. */
function checkOutputs(
  node: AnyNode,
  instance: string,
  returned: unknown,
): readonly (readonly [key: string, value: unknown])[] {
  const keys = Object.keys(node.outputs)
  if (keys.length === 0) return []
  if (typeof returned !== 'object' || returned === null || Array.isArray(returned)) {
    throw new NodeError(
      'OUTPUT_MISSING',
      `Node "${instance}" returned ${describe(returned)}, not an object with ${quoted(keys)}.`,
      { hint: `Return { ${keys.join(', ')} } from run.`, retryable: false },
    )
  }
  // It is an object and no array; only own keys are read.
  const record = returned as Readonly<Record<string, unknown>>
  const values = keys.map((key) => {
    const value = Object.hasOwn(record, key) ? record[key] : undefined
    if (value !== undefined) return [key, value] as const
    throw new NodeError(
      'OUTPUT_MISSING',
      `Node "${instance}" returned no value for its output "${key}" (dataset "${node.outputs[key]?.name}").`,
      {
        hint: `Return { ${keys.join(', ')} } from run. A value may be null, but not undefined.`,
        retryable: false,
      },
    )
  })
  const unknown = Object.keys(record).filter((key) => !Object.hasOwn(node.outputs, key))
  if (unknown.length === 0) return values
  throw new NodeError(
    'OUTPUT_UNKNOWN',
    `Node "${instance}" returned ${quoted(unknown)}, which it does not declare. Its outputs are ${quoted(keys)}.`,
    { hint: 'Add the dataset to `outputs`, or do not return it.', retryable: false },
  )
}

function quoted(keys: readonly string[]): string {
  return keys.map((key) => `"${key}"`).join(', ')
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`
}

interface NodeHooks {
  call(name: keyof Hooks, details: Readonly<Record<string, unknown>>): Promise<readonly unknown[]>
}

function nodeHooks<Saved>(
  { runId, pipeline, instance, attempt, log }: ExecuteNodeOptions<Saved>,
  hooks: readonly Hooks[],
): NodeHooks {
  const info: NodeRunInfo = { runId, pipeline, node: instance, attempt }
  return { call: (name, details) => callHooks(hooks, name, { ...info, ...details }, log) }
}
