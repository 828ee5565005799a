import { PipelineError } from '../errors.ts'
import { collectedDataset } from './collected.ts'
import { assertConcurrency } from './concurrency.ts'
import type { Dataset, Value } from './dataset.ts'
import { isNoList } from './list-schema.ts'
import type { Collected, Element, MappedOutputs } from './map-types.ts'
import { didYouMean } from './nearest.ts'
import type { AnyNode, Datasets, Node, NodeMap } from './node.ts'
import type { Trigger } from './trigger.ts'

/** A node that runs once for each element of a dataset. `Taken`: the inputs that are elements. */
export interface MappedNode<
  I extends Datasets,
  O extends Datasets,
  P,
  Name extends string,
  D,
  T extends Trigger,
  Taken extends string,
> extends Node<I, O, P, Name, D, T> {
  readonly map: NodeMap
  /** Carries the inputs that are elements; never set. */
  readonly taken?: Taken
}

/** The only one of some names; never, when there are several. */
type Sole<Names extends string, All extends string = Names> = Names extends unknown
  ? [All] extends [Names]
    ? Names
    : never
  : never

/** `unknown` where a dataset has elements that fit the input; else what is wrong, as a type that no dataset has. */
type Fits<Over extends Dataset, I extends Datasets, As extends string> = [As] extends [never]
  ? 'The node has several inputs: say with `as` which one is an element.'
  : [Element<Value<Over>>] extends [never]
    ? 'The dataset is no list, no table and not partitioned.'
    : As extends keyof I
      ? Element<Value<Over>> extends Value<I[As]>
        ? unknown
        : 'The elements of the dataset are not what the node takes.'
      : 'The node has no such input.'

/** `unknown` where a dataset can hold the results of all elements. */
type Holds<O extends Datasets, Into, Tolerate extends number> = {
  readonly [Key in keyof Into]: Key extends keyof O
    ? Into[Key] extends Dataset
      ? Collected<Value<O[Key]>, Tolerate> extends Value<Into[Key]>
        ? unknown
        : 'The dataset is no list of what the node makes; with `tolerate` its elements may be null.'
      : never
    : 'The node has no such output.'
}

/** What `map` takes beside the node. */
export interface MapOptions<
  I extends Datasets,
  O extends Datasets,
  Over extends Dataset,
  As extends string,
  Into,
  Tolerate extends number,
  Taken extends string,
> {
  /** A list, a table or a partitioned dataset: the node runs once for each of its elements, up to 100,000. */
  readonly over: Over & Fits<Over, I, As>
  /** The input of the node that is an element. Of partitions it is `{ id, value }`. Default: its only input. */
  readonly as?: As & Exclude<keyof I, Taken>
  /** Elements that run at a time. Default: as many as workers take. */
  readonly maxParallel?: number
  /**
   * Share of the elements that may fail, from 0 to 1; in the results those are `null`. Default 0: one that fails for good fails the
   * whole. Of a nested map it belongs to the innermost.
   */
  readonly tolerate?: Tolerate & ([Taken] extends [never] ? unknown : 'Give it to the inner map.')
  /** Datasets for the lists of results, by the node's outputs. Default: lists under the names of the node's own datasets. */
  readonly into?: Into & Holds<O, Into, Tolerate>
}

/**
 * Makes a node that runs another one once for each element of a dataset, when that is made. Each element has its own retries,
 * timeout and log; the other inputs are the same for all. Its outputs are lists of the results in the order of the elements.
 *
 * Maps nest: `map(map(fit, { over: folds, as: 'fold' }), { over: configurations, as: 'configuration' })` runs `fit` for each fold
 * of each configuration, and its outputs are lists of lists.
 *
 * @throws PipelineError `INVALID_MAP`
 *
 * @example
 * const customers = dataset('customers', z.array(Customer))
 * const score = node({ name: 'score', inputs: { customer, model }, outputs: { churn }, run: … })
 * const scoring = map(score, { over: customers, as: 'customer', tolerate: 0.05 })
 * const report = node({ name: 'report', inputs: { churns: scoring.outputs.churn }, … })
 */
export function map<
  I extends Datasets,
  O extends Datasets,
  P,
  Name extends string,
  D,
  T extends Trigger,
  Over extends Dataset,
  Taken extends string = never,
  const Into extends { readonly [Key in keyof O]?: Dataset } = Readonly<Record<never, never>>,
  As extends string = Sole<Exclude<keyof I & string, Taken>>,
  const Tolerate extends number = 0,
>(
  inner: Node<I, O, P, Name, D, T> & { readonly taken?: Taken },
  options: MapOptions<I, O, Over, As, Into, Tolerate, Taken>,
): MappedNode<
  { readonly [Key in keyof I]: Key extends As ? Over : I[Key] },
  MappedOutputs<O, Into, Tolerate>,
  P,
  Name,
  D,
  T,
  Taken | As
> {
  const given: GivenOptions = options
  const { over, into = {} } = given
  const as = argumentOf(inner, given)
  assertMappable(inner, over)
  const tolerate = tolerateOf(inner, given)
  const outer = { as, over }
  const { dimensions = [], element = inner, maxParallel } = inner.map ?? {}
  if (maxParallel !== undefined && given.maxParallel !== undefined)
    throw invalid(
      inner,
      'has maxParallel on two levels',
      'Give it once: it counts all elements together.',
    )
  const limit = given.maxParallel ?? maxParallel
  assertConcurrency(`The map of node "${inner.name}"`, limit)
  const nullable = dimensions.length === 0 && (tolerate ?? 0) > 0
  const mapped: AnyNode = {
    ...inner,
    inputs: Object.freeze({ ...inner.inputs, [as]: over }),
    outputs: outputsOf(inner, into, nullable),
    map: Object.freeze({
      element,
      dimensions: Object.freeze([Object.freeze(outer), ...dimensions]),
      ...(limit === undefined ? {} : { maxParallel: limit }),
      ...(tolerate === undefined ? {} : { tolerate }),
    }),
  }
  // The inputs and outputs that the type names were put together above, from the same options.
  return Object.freeze(mapped) as never
}

/** The options without their types. */
interface GivenOptions {
  readonly over: Dataset
  readonly as?: string
  readonly maxParallel?: number
  readonly tolerate?: number
  readonly into?: { readonly [key: string]: Dataset | undefined }
}

function argumentOf(inner: AnyNode, { as }: GivenOptions): string {
  const taken = new Set(inner.map?.dimensions.map((dimension) => dimension.as))
  const free = Object.keys(inner.inputs).filter((key) => !taken.has(key))
  if (as !== undefined && free.includes(as)) return as
  const [only, ...others] = free
  if (as !== undefined) {
    throw invalid(
      inner,
      taken.has(as) ? `takes "${as}" twice` : `has no input "${as}" to give an element to`,
      didYouMean(as, free, 'inputs'),
    )
  }
  if (only === undefined) throw invalid(inner, 'has no input to give an element to', 'Give it one.')
  if (others.length === 0) return only
  throw invalid(
    inner,
    `has the inputs ${free.join(', ')}, and nothing says which one is an element`,
    `Say it: map(${inner.name}, { over: …, as: '${only}' }).`,
  )
}

function assertMappable(inner: AnyNode, over: Dataset): void {
  if (inner.choices !== undefined)
    throw invalid(inner, 'is a branch', 'Let it choose from a list that a map has made.')
  if (over.layout === 'stream') {
    throw invalid(
      inner,
      `goes over "${over.name}", which is a stream`,
      'Read it as a table, table(name, row), or let a node make a list or partitions of it.',
    )
  }
  if (over.layout === 'value' && isNoList(over.schema)) {
    throw invalid(
      inner,
      `goes over "${over.name}", which is no list`,
      'Give a dataset with the schema z.array(…), a table or partitions.',
    )
  }
}

function tolerateOf(inner: AnyNode, { tolerate }: GivenOptions): number | undefined {
  if (tolerate === undefined) return inner.map?.tolerate
  if (inner.map !== undefined)
    throw invalid(inner, 'has tolerate on an outer map', 'Give it to the innermost map.')
  if (tolerate >= 0 && tolerate <= 1) return tolerate === 0 ? undefined : tolerate
  throw invalid(
    inner,
    `tolerates ${String(tolerate)}`,
    'Give the share that may fail, from 0 to 1: 0.05 for 5 %.',
  )
}

function outputsOf(
  inner: AnyNode,
  into: NonNullable<GivenOptions['into']>,
  nullable: boolean,
): Datasets {
  const unknown = Object.keys(into).find((key) => !Object.hasOwn(inner.outputs, key))
  if (unknown !== undefined) {
    throw invalid(
      inner,
      `has no output "${unknown}"`,
      didYouMean(unknown, Object.keys(inner.outputs), 'outputs'),
    )
  }
  const lists = Object.entries(inner.outputs).map(([key, output]): [string, Dataset] => {
    if (
      output.layout === 'stream' ||
      output.layout === 'partitions' ||
      output.format !== undefined
    ) {
      const what = output.format === undefined ? output.layout : `a ${output.format}`
      throw invalid(
        inner,
        `makes "${output.name}", which is ${what} and cannot be one of a list`,
        'Let each element make a value, and a node behind the map what is to become of them all.',
      )
    }
    const list = into[key]
    if (list === undefined) return [key, collectedDataset(output, nullable)]
    if (list.layout === 'table' || (list.layout === 'value' && !isNoList(list.schema)))
      return [key, list]
    throw invalid(
      inner,
      `gathers "${output.name}" into "${list.name}", which is no list`,
      'Give a dataset with the schema z.array(…), or a table.',
    )
  })
  return Object.freeze(Object.fromEntries(lists))
}

function invalid(inner: AnyNode, problem: string, hint: string): PipelineError {
  return new PipelineError('INVALID_MAP', `The map of node "${inner.name}" ${problem}.`, { hint })
}
