import type { Pipeline } from '@pipewright/engine'

/** What `--params` gave: params of nodes, and values that the configuration asks for as `${runtime_params:name}`. */
export interface SortedParams {
  readonly params: Readonly<Record<string, unknown>>
  readonly runtimeParams: Readonly<Record<string, unknown>>
}

/**
 * Tells params of the pipeline from those for the configuration alone, as Kedro has them in one option. A name may be both.
 *
 * @param asked Names of the runtime params that the configuration refers to.
 */
export function sortParams(
  { nodes }: Pipeline,
  given: Readonly<Record<string, unknown>>,
  asked: readonly string[],
): SortedParams {
  const declared = nodes.flatMap((node) => node.params.map(({ name }) => name))
  const all = Object.entries(given)
  const isAsked = (name: string): boolean => covers(name, asked)
  return {
    params: Object.fromEntries(all.filter(([name]) => covers(name, declared) || !isAsked(name))),
    runtimeParams: Object.fromEntries(all.filter(([name]) => isAsked(name))),
  }
}

/** True for one of the names, for a part of one (`train.epochs` of `train`), and for one that has them inside. */
function covers(name: string, names: readonly string[]): boolean {
  return names.some(
    (other) => other === name || other.startsWith(`${name}.`) || name.startsWith(`${other}.`),
  )
}
