import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { NodeError, type Dataset, type NodeContext } from '@pipewright/engine'

import { openEnvironment, type EnvironmentSpec } from './environment/environment.ts'
import { PythonPool } from './pool/python-pool.ts'
import type {
  FunctionDescription,
  FunctionPlace,
  GivenArgument,
  MadeOutput,
} from './process/messages.ts'
import type { CallObserver, PythonProcess, PythonProcessOptions } from './process/python-process.ts'
import { readOutput } from './value/read-output.ts'
import { writeArgument } from './value/write-argument.ts'

/** What a node in Python is made of, beside what every node has. */
export interface PythonSpec extends EnvironmentSpec {
  readonly module: string
  readonly function: string
  readonly inputs: Readonly<Record<string, Dataset>>
  readonly outputs: Readonly<Record<string, Dataset>>
}

type Context = NodeContext<Readonly<Record<string, unknown>>>
type Values = Readonly<Record<string, unknown>>

/** After the abort a function has so long to end by itself, in ms: less than a worker waits before it ends the isolate. */
const grace = 500
/** What takes longer than this is told in the node's log, in ms. */
const patience = 500

/** The processes of this thread. */
const pool = new PythonPool()

/**
 * Runs the function of a node in a warm Python process, or in a new one.
 *
 * @throws NodeError of everything that Python can do; InfrastructureError when there is no environment or interpreter;
 * DatasetError for a value that cannot be written, or that its schema refuses; the signal's reason
 */
export async function runPython(
  spec: PythonSpec,
  inputs: Values,
  context: Context,
): Promise<Values> {
  const { log, root, signal } = context
  const opening = openEnvironment(spec, { root, onProgress: (line) => log.info(line) })
  const environment = patient(opening, context, 'waiting for the Python environment')
  const { python } = await orAborted(environment, signal)
  const options: PythonProcessOptions = { python, cwd: root, folder: folderOf(spec, root) }
  const taken = pool.take(options, signal)
  const { process, isNew } = await patient(taken, context, 'waiting for a free Python process')
  try {
    if (isNew) {
      await orAborted(
        patient(process.ready, context, `waiting for Python to start: ${python}`),
        signal,
      )
    }
    return await untilAborted(process, signal, callFunction(process, spec, inputs, context))
  } finally {
    pool.give(options, process)
  }
}

async function callFunction(
  process: PythonProcess,
  spec: PythonSpec,
  inputs: Values,
  context: Context,
): Promise<Values> {
  const { root, runId, node, attempt, idempotencyKey } = context
  const place = {
    folder: folderOf(spec, root),
    module: spec.module,
    function: spec.function,
  }
  const files: string[] = []
  const makePath = (extension = ''): string => {
    const path = join(process.folder, `in-${files.length}${extension}`)
    files.push(path)
    return path
  }
  const observer = observerOf(context)
  try {
    const loaded = process.load(place, observer)
    const described = await patient(loaded, context, `waiting for the import of ${spec.module}`)
    checkSignature(described, place, Object.keys({ ...inputs, ...context.params }))
    const given: Record<string, GivenArgument> = {}
    for (const [name, dataset] of Object.entries(spec.inputs)) {
      const kind = described.kinds[name] ?? 'value'
      given[name] = await writeArgument(dataset, inputs[name], kind, makePath)
    }
    const trackingUri = await context.trackingUri?.()
    const made = await process.call(
      {
        ...place,
        arguments: given,
        params: context.params,
        outputs: Object.keys(spec.outputs),
        context: { runId, node, attempt, idempotencyKey, trackingUri },
      },
      observer,
    )
    files.push(...madeFiles(made, process.folder))
    return await readOutputs(spec, made)
  } finally {
    await Promise.all(files.map((path) => rm(path, { force: true })))
  }
}

async function readOutputs(
  spec: PythonSpec,
  made: Readonly<Record<string, MadeOutput>>,
): Promise<Values> {
  const where = `${spec.module}.${spec.function}`
  const values: Record<string, unknown> = {}
  for (const [name, dataset] of Object.entries(spec.outputs)) {
    const output = made[name]
    if (output !== undefined) values[name] = await readOutput(dataset, output, where)
  }
  return values
}

/** Those that are ours to remove: a function may return the path of a file of its own. */
function madeFiles(made: Readonly<Record<string, MadeOutput>>, folder: string): readonly string[] {
  const paths = Object.values(made).map((output) => ('path' in output ? output.path : ''))
  return paths.filter((path) => path.startsWith(join(folder, 'out-')))
}

function observerOf({ log, metric }: Context): CallObserver {
  return {
    onLog: (level, message, fields) => log[level](message, fields),
    // A metric crosses as text where JSON has no number for it.
    onMetric: (key, value, step) => metric(key, Number(value), step),
  }
}

/** Ends the process when the function has not heeded the abort. @throws the signal's reason */
async function untilAborted<T>(
  process: PythonProcess,
  signal: AbortSignal,
  work: Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const onAbort = (): void => {
    process.cancel()
    timer = setTimeout(() => process.kill('cancelled'), grace)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    return await work
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

/** Stops waiting for something that others wait for too. @throws the signal's reason */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  return await Promise.race([work, aborted])
}

function folderOf({ folder }: PythonSpec, root: string): string {
  return resolve(root, folder ?? '.')
}

/** Says what is being waited for, when it takes long. */
async function patient<T>(work: Promise<T>, { log }: Context, what: string): Promise<T> {
  const timer = setTimeout(() => log.info(what), patience)
  try {
    return await work
  } finally {
    clearTimeout(timer)
  }
}

/** @throws NodeError `PYTHON_ARGUMENT_UNFIT` */
function checkSignature(
  { kinds, required, open, positional }: FunctionDescription,
  place: FunctionPlace,
  given: readonly string[],
): void {
  const unknown = open ? [] : given.filter((name) => !Object.hasOwn(kinds, name))
  const missing = required.filter((name) => name !== 'context' && !given.includes(name))
  const wrong = [
    ...unknown.map((name) => `it has no parameter "${name}"`),
    ...missing.map((name) => `its parameter "${name}" is neither an input nor a param of the node`),
    ...positional.map((name) => `its parameter "${name}" cannot be given by name`),
  ]
  if (wrong.length === 0) return
  throw new NodeError(
    'PYTHON_ARGUMENT_UNFIT',
    `${place.module}.${place.function} does not fit its node: ${wrong.join('; ')}.`,
    {
      hint: 'Inputs and params are given as keyword arguments, under the names that the node has for them.',
      retryable: false,
    },
  )
}
