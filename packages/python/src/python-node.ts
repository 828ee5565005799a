import {
  node,
  PipelineError,
  type Datasets,
  type Node,
  type NodeDefinition,
  type ParamsDeclaration,
  type ParamsInput,
  type Values,
} from '@pipewright/engine'

import { pythonSources } from './python-sources.ts'
import { runPython, type PythonSpec } from './run-python.ts'

/** Everything that `pythonNode` takes: what `node` takes, with a Python function in place of `run`. */
export interface PythonNodeDefinition<
  I extends Datasets,
  O extends Datasets,
  P extends ParamsDeclaration,
  Name extends string = string,
> extends Omit<NodeDefinition<I, O, P, unknown, Name>, 'run' | 'isolation'> {
  /** The Python module, such as `train` or `models.train`. */
  readonly module: string
  /** A function of it. It is called with inputs and params as keyword arguments, and returns a dict of the outputs. */
  readonly function: string
  /** Folder from which the module is imported, such as `import.meta.dirname`. Default: the project's root. */
  readonly folder?: string
  /** An interpreter: a version such as `3.12`, or the path of a program from `folder`. Default: `PIPEWRIGHT_NODE_PYTHON`, else `python3`. */
  readonly python?: string
  /**
   * What the function needs: requirements as pip has them, or the path of a requirements file from `folder`. With it, uv makes an environment, once for each content. Default: the interpreter as it is.
   */
  readonly requirements?: readonly string[] | string
}

const moduleName = /^[A-Za-z_]\w{0,99}(\.[A-Za-z_]\w{0,99}){0,20}$/
const functionName = /^[A-Za-z_]\w{0,99}(\.[A-Za-z_]\w{0,99}){0,5}$/

/**
 * Defines a node whose work is a function in Python. It runs in a Python process that stays warm between attempts. The
 * function is plain Python: it knows nothing of Pipewright, unless it has a parameter named `context`.
 *
 * @throws PipelineError `INVALID_PYTHON_NODE`, and as `node`
 *
 * @example
 * export const train = pythonNode({
 *   name: 'train',
 *   folder: import.meta.dirname,
 *   module: 'train', // train.py beside this file
 *   function: 'train', // def train(rows: pandas.DataFrame, trees: int) -> dict
 *   inputs: { rows },
 *   outputs: { model },
 *   params: z.object({ trees: z.int().default(100) }),
 *   requirements: ['scikit-learn==1.9.1', 'pandas'],
 * })
 */
export function pythonNode<
  I extends Datasets,
  O extends Datasets,
  P extends ParamsDeclaration = Readonly<Record<never, never>>,
  Name extends string = string,
>(definition: PythonNodeDefinition<I, O, P, Name>): Node<I, O, ParamsInput<P>, Name, P> {
  const { module, function: called, folder, python, requirements, ...others } = definition
  assertNames(definition.name, module, called)
  const spec: PythonSpec = {
    module,
    function: called,
    folder,
    python,
    requirements,
    inputs: { ...definition.inputs },
    outputs: { ...definition.outputs },
  }
  const made = node<I, O, Values<O>, P, Name>({
    ...others,
    isolation: 'python',
    // The outputs are parsed by the schemas that give them their types.
    run: async (inputs, context) => (await runPython(spec, inputs, context)) as never,
  })
  assertArguments(made)
  return Object.freeze({
    ...made,
    encodedInputs: true,
    // The project's root is not known yet: without a folder the names alone are the node's code.
    source: JSON.stringify({
      module,
      function: called,
      python,
      requirements,
      files: folder === undefined ? {} : pythonSources(folder, module),
    }),
  })
}

function assertNames(node: string, module: string, called: string): void {
  const wrong = !moduleName.test(module) ? module : !functionName.test(called) ? called : undefined
  if (wrong === undefined) return
  throw new PipelineError(
    'INVALID_PYTHON_NODE',
    `Node "${node}" names ${JSON.stringify(wrong.slice(0, 100))}, which is no name of a Python module or function.`,
    { hint: 'Write module as in an import (`models.train`), and function as in the module.' },
  )
}

/** Inputs and params share the names of the function's parameters. */
function assertArguments({ name, inputs, params }: Node): void {
  const twice = params.find(({ key }) => Object.hasOwn(inputs, key))
  if (twice === undefined) return
  throw new PipelineError(
    'INVALID_PYTHON_NODE',
    `Node "${name}" has an input and a param named "${twice.key}", and a Python function only one parameter of a name.`,
    { hint: 'Give one of them another name.' },
  )
}
