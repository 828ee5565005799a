import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import {
  ConfigError,
  dataset,
  node,
  param,
  pipeline,
  type Dataset,
  type Node,
  type Param,
  type Pipeline,
} from '@pipewright/engine'
import * as z from 'zod'

import { runPython, type PythonSpec } from '../run-python.ts'
import { KedroSnapshot, type KedroNode } from './snapshot.ts'

/** Where a Kedro project lies, and how its nodes run. */
export interface KedroOptions {
  /** The project's folder: that of its `pyproject.toml`. */
  readonly project: string
  /** An interpreter that has Kedro and all that the project needs. Default: `PIPEWRIGHT_PYTHON`, else `python3`. */
  readonly python?: string
  /** In place of an interpreter that has them: requirements, as `pythonNode` takes them. */
  readonly requirements?: readonly string[] | string
  /** Kedro's configuration environment. Default: the project's own. */
  readonly env?: string
  /**
   * Lets nodes pass values by pickle that neither the project's catalog keeps nor JSON and Parquet can hold. Default false.
   * Whoever can write to the store can then run code in workers.
   */
  readonly allowPickle?: boolean
}

/** A Kedro dataset as it passes between nodes: bytes that the Python side reads. */
const Passed = z.instanceof(Uint8Array)
/** One schema for all: nodes that share a param must agree on it. */
const ParamValue = z.unknown().default(null)
const folder = fileURLToPath(new URL('../../python', import.meta.url))

/**
 * The pipelines of a Kedro project, each node a node run in a warm Python process with the project's own catalog, params
 * and hooks. Nothing of the project is changed.
 *
 * Datasets that the project's catalog keeps are loaded and saved by Kedro. Others pass through the run's store.
 *
 * @param snapshot What `pipewright kedro import` wrote.
 * @throws ConfigError `KEDRO_SNAPSHOT_INVALID`; PipelineError for a name that Pipewright cannot have
 */
export function kedroPipelines(snapshot: unknown, options: KedroOptions): readonly Pipeline[] {
  const parsed = KedroSnapshot.safeParse(snapshot)
  if (!parsed.success) {
    throw new ConfigError(
      'KEDRO_SNAPSHOT_INVALID',
      `What was read as the snapshot of a Kedro project is none: ${parsed.error.issues[0]?.message}.`,
      { hint: 'Make it again: pipewright kedro import.' },
    )
  }
  return parsed.data.pipelines
    .filter(({ nodes }) => nodes.length > 0)
    .map(({ name, nodes }) => {
      const made = new Set(nodes.flatMap(({ outputs }) => outputs.map(plain)))
      return pipeline(
        name,
        nodes.map((each) => kedroNode(each, name, made, options)),
        { tags: { 'kedro.project': parsed.data.project, 'kedro.version': parsed.data.kedro } },
      )
    })
}

function kedroNode(
  each: KedroNode,
  pipelineName: string,
  made: ReadonlySet<string>,
  options: KedroOptions,
): Node {
  // Free inputs are the catalog's: Kedro loads them itself.
  const read = each.inputs.map(plain).filter((name) => made.has(name))
  const inputs = datasetsOf(read, 'data.')
  const outputs = datasetsOf(each.outputs.map(plain), '')
  const { env, allowPickle = false } = options
  const project = resolve(options.project)
  const spec: PythonSpec = { ...callOf(options), inputs, outputs }
  const constant = { project, env: env ?? null, pipeline: pipelineName, node: each.name }
  const defined = node({
    name: each.name,
    inputs,
    outputs,
    params: paramsOf(each.inputs),
    tags: each.tags,
    isolation: 'python',
    async run(given, context) {
      const overrides = Object.fromEntries(
        Object.entries(context.params).filter(([, value]) => value !== null),
      )
      const params = { ...constant, allow_pickle: allowPickle, overrides }
      // Each output is bytes by its schema.
      return (await runPython(spec, given, { ...context, params })) as Record<string, Uint8Array>
    },
  })
  return Object.freeze({ ...defined, encodedInputs: true, source: JSON.stringify(each) })
}

/** Paths count from the Kedro project, whereas those of other Python nodes count from the folder of their code. */
function callOf({
  project,
  python,
  requirements,
}: KedroOptions): Omit<PythonSpec, 'inputs' | 'outputs'> {
  return {
    folder,
    module: 'pipewright_kedro.run',
    function: 'run_node',
    python: python?.includes('/') === true ? resolve(project, python) : python,
    requirements: typeof requirements === 'string' ? resolve(project, requirements) : requirements,
  }
}

/** The node of the graph that a transcoded dataset belongs to: `rows` of `rows@pandas`. */
function plain(name: string): string {
  return name.split('@')[0] ?? name
}

function datasetsOf(
  names: readonly string[],
  prefix: string,
): Readonly<Record<string, Dataset<string, Uint8Array>>> {
  return Object.fromEntries(names.map((name) => [`${prefix}${name}`, dataset(name, Passed)]))
}

/** Each `params:a.b` is a param that many nodes share. Null, its default, stands for what the project's own files say. */
function paramsOf(inputs: readonly string[]): Readonly<Record<string, Param>> {
  const names = inputs.filter((name) => name.startsWith('params:')).map((name) => name.slice(7))
  return Object.fromEntries(names.map((name) => [name, param(name, ParamValue)]))
}
