import { PipelineError } from '../errors.ts'
import { assertName } from './name.ts'
import type { NodeContext } from './node-context.ts'
import {
  node,
  type AnyNode,
  type Choices,
  type Datasets,
  type Node,
  type NodeDefinition,
  type ReadValues,
} from './node.ts'
import { captureOrigin } from './origin.ts'
import type { ParamsDeclaration, ParamsInput, ParamsOf } from './param.ts'
import type { Trigger } from './trigger.ts'

/** What the function of a branch returns: one choice, or several; none skips all. */
type Chosen<Choice extends string> = Choice | readonly Choice[]

/** Everything that `branch` takes: what `node` takes, with choices in place of outputs. */
export interface BranchDefinition<
  I extends Datasets,
  P extends ParamsDeclaration,
  Choice extends string,
  Name extends string = string,
  T extends Trigger = 'allSucceeded',
> extends Omit<NodeDefinition<I, Datasets, P, unknown, Name, T>, 'outputs' | 'run'> {
  /**
   * What it chooses among, and the nodes that run then: nodes, or their names where they lie in a namespace. A node under
   * several choices runs when any of them is chosen. No nodes for a choice that runs none.
   */
  readonly choices: Readonly<Record<Choice, readonly (AnyNode | string)[]>>
  /** Chooses. It may be called more than once, as the function of every node. */
  run(
    inputs: ReadValues<I, T>,
    context: NodeContext<ParamsOf<P>>,
  ): Chosen<NoInfer<Choice>> | Promise<Chosen<NoInfer<Choice>>>
}

/**
 * Defines a branch: a node that makes no datasets and says which of the nodes behind it run. They wait for it, as they wait for
 * those that make their inputs. The ones that it does not choose are skipped, and so is what needs them.
 *
 * @throws PipelineError `INVALID_BRANCH`, and as `node`. A target that the pipeline does not have is found when the pipeline is
 * compiled: `BRANCH_TARGET_MISSING`
 *
 * @example
 * export const decide = branch({
 *   name: 'decide',
 *   inputs: { drift },
 *   choices: { retrain: [train], keep: [report] },
 *   run: ({ drift }) => (drift > 0.1 ? 'retrain' : 'keep'),
 * })
 */
export function branch<
  I extends Datasets,
  Choice extends string,
  P extends ParamsDeclaration = Readonly<Record<never, never>>,
  Name extends string = string,
  T extends Trigger = 'allSucceeded',
>(
  definition: BranchDefinition<I, P, Choice, Name, T>,
): Node<I, Readonly<Record<never, never>>, ParamsInput<P>, Name, P, NoInfer<T>> & {
  readonly choices: Choices
} {
  const { choices, ...others } = definition
  const made = node<I, Readonly<Record<never, never>>, unknown, P, Name, T>({
    ...others,
    outputs: {},
    run: definition.run.bind(definition),
  })
  return Object.freeze({
    ...made,
    choices: targetsOf(definition.name, choices),
    source: definition.run.toString(),
    origin: captureOrigin(branch),
  })
}

function targetsOf(
  name: string,
  given: Readonly<Record<string, readonly (AnyNode | string)[]>>,
): Choices {
  const choices = Object.entries(given)
  if (choices.length === 0) throw invalid(name, 'has no choices')
  const targets = choices.map(([choice, nodes]): [string, readonly string[]] => {
    assertName('choice', choice)
    if (!Array.isArray(nodes))
      throw invalid(name, `has no list of nodes for the choice "${choice}"`)
    const names = nodes.map((target) => (typeof target === 'string' ? target : target.name))
    return [choice, Object.freeze([...new Set(names)])]
  })
  return Object.freeze(Object.fromEntries(targets))
}

function invalid(name: string, problem: string): PipelineError {
  return new PipelineError('INVALID_BRANCH', `Branch "${name}" ${problem}.`, {
    hint: 'Name each choice and the nodes that run then: choices: { retrain: [train], keep: [] }.',
  })
}
