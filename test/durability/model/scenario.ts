import { sha256, type CompiledPlan, type PlanNode } from '@pipewright/engine/internal'
import * as fc from 'fast-check'

/** A node of a random graph. */
export interface NodeShape {
  readonly queue: string
  readonly producers: readonly number[]
  /** True when the catalog lists its output. */
  readonly published: boolean
  /** How many runs of it go on at a time; 0 for any number. */
  readonly concurrency: number
  /** When it runs; left out for when all that it reads has succeeded. */
  readonly trigger?: 'anySucceeded' | 'allDone' | undefined
  /** It chooses which of its dependents run. */
  readonly branches?: boolean
  /** It runs for each element of a list. */
  readonly map?: MapShape | undefined
}

/** What a worker finds out about a map. */
export interface MapShape {
  readonly elements: number
  /** So many are released at a time. */
  readonly window: number
  readonly mostFailed: number
  readonly told: boolean
}

/** A random graph: nodes in topological order. */
export type Graph = readonly NodeShape[]

/** What a step does; `x` and `y` choose among what is there when it is done. */
export type StepKind =
  | 'submit'
  | 'claim'
  | 'settle'
  | 'repeat'
  | 'cut'
  | 'lose'
  | 'recover'
  | 'renew'
  | 'note'
  | 'fire'
  | 'advance'
  | 'cancel'
  | 'publish'
  | 'sabotage'
  | 'mend'
  | 'expire'
  | 'pause'
  | 'rush'

export interface Step {
  readonly kind: StepKind
  readonly x: number
  readonly y: number
}

/** How many runs of a pipeline go on at a time, and how many of one key; 0 for any number. */
export interface RunLimits {
  readonly runs: number
  readonly perKey: number
}

/** One sequence: what runs are made of, and what is done in which order. */
export interface Scenario {
  /** Low-water mark of admission: small, so that ready lists are used. */
  readonly low: number
  /** BullMQ's limit of active jobs in the first queue, or 0. */
  readonly limit: number
  readonly graphs: readonly Graph[]
  /** Of the pipeline of each graph. */
  readonly limits: readonly RunLimits[]
  readonly steps: readonly Step[]
}

/** Every n-th of these things, the others are left out. */
function some<Value>(n: number, arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.oneof({ weight: n - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
}

const small: fc.Arbitrary<Graph> = fc
  .array(
    fc.record({
      queue: fc.constantFrom('one', 'one', 'one', 'two', 'three'),
      mask: fc.nat({ max: 255 }),
      published: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
      concurrency: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 2),
      trigger: some(4, fc.constantFrom('anySucceeded' as const, 'allDone' as const)),
      branches: fc.constantFrom(false, false, false, false, true),
    }),
    { minLength: 1, maxLength: 8, size: 'max' },
  )
  .map((nodes) =>
    nodes.map(({ mask, ...node }, index) => ({
      ...node,
      // A random half of the earlier nodes, and of late ones only the last few: not everything is joined to everything.
      producers: [...Array(index).keys()].filter(
        (earlier) => index - earlier < 5 && (mask >> (earlier % 8)) % 2 === 1,
      ),
    })),
  )

/** Nodes that one reads: beyond 52 inputs arrivals are counted in another way. */
const fanIn: fc.Arbitrary<Graph> = fc.integer({ min: 50, max: 70 }).map((width) => {
  const first = Array.from({ length: width }, (_, index) => node(index % 2 ? 'one' : 'two', []))
  return first.concat(node('one', [...Array(width).keys()]), node('two', [width]))
})

/** A node that more than 512 read: its edges take several chunks. */
const fanOut: fc.Arbitrary<Graph> = fc.integer({ min: 513, max: 530 }).map((width) => {
  const dependents = Array.from({ length: width }, () => node('two', [0]))
  return [node('one', [])].concat(dependents, node('one', [1, width]))
})

/** More roots than one script releases. */
const manyRoots: fc.Arbitrary<Graph> = fc.integer({ min: 513, max: 520 }).map((width) => {
  const roots = Array.from({ length: width }, () => node('two', []))
  return roots.concat(node('one', [0, width - 1]))
})

function node(queue: string, producers: readonly number[]): NodeShape {
  return { queue, producers, published: false, concurrency: 0 }
}

const graph: fc.Arbitrary<Graph> = fc.oneof(
  { weight: 970, arbitrary: small },
  { weight: 20, arbitrary: fanIn },
  { weight: 4, arbitrary: fanOut },
  { weight: 6, arbitrary: manyRoots },
)

const weights: Readonly<Record<StepKind, number>> = {
  submit: 4,
  claim: 14,
  settle: 18,
  repeat: 8,
  cut: 8,
  lose: 6,
  recover: 6,
  renew: 2,
  note: 4,
  fire: 4,
  advance: 5,
  cancel: 2,
  publish: 3,
  sabotage: 2,
  mend: 2,
  expire: 1,
  pause: 2,
  rush: 3,
}

const kinds = Object.entries(weights).flatMap(([kind, weight]) =>
  // The keys of a record of StepKind.
  Array.from({ length: weight }, () => kind as StepKind),
)

const step: fc.Arbitrary<Step> = fc
  .tuple(fc.nat({ max: kinds.length - 1 }), fc.nat({ max: 0xff_ff }), fc.nat({ max: 0xff_ff }))
  .map(([kind, x, y]) => ({ kind: kinds[kind] ?? 'claim', x, y }))

const limits: fc.Arbitrary<RunLimits> = fc.record({
  runs: fc.constantFrom(0, 0, 1, 1, 2),
  perKey: fc.constantFrom(0, 0, 0, 1),
})

const first: Step = { kind: 'submit', x: 0, y: 1026 }

export const scenario: fc.Arbitrary<Scenario> = fc.record({
  low: fc.constantFrom(1, 1, 2, 2, 3, 6),
  limit: fc.constantFrom(0, 0, 0, 1, 2),
  graphs: fc.array(graph, { minLength: 1, maxLength: 2 }),
  limits: fc.array(limits, { minLength: 2, maxLength: 2 }),
  steps: fc.array(step, { maxLength: 40, size: 'max' }).map((steps) => [first].concat(steps)),
})

/** Which dependents each choice of a branch names: some are named by both. */
function choicesOf(dependents: readonly number[]): Readonly<Record<string, readonly number[]>> {
  return {
    left: dependents.filter((_, at) => at % 3 !== 1),
    right: dependents.filter((_, at) => at % 3 !== 0),
  }
}

/** What a branch may choose: one of them, both, or none. */
const decisions: readonly (readonly string[])[] = [['left'], ['right'], ['left', 'right'], []]

/** What a branch chooses, and whom it leaves out. Undefined for a node that is none. */
export function choose(
  { choices, dependents }: Pick<PlanNode, 'choices' | 'dependents'>,
  by: number,
): { readonly names: readonly string[]; readonly declined: readonly number[] } | undefined {
  if (choices === undefined) return undefined
  const names = decisions[by % decisions.length] ?? []
  const chosen = new Set(names.flatMap((name) => choices[name] ?? []))
  return { names, declined: dependents.filter((each) => !chosen.has(each)) }
}

/** The plan of a graph, as the compiler would make it. The names of nodes are the same in all. */
export function planOf(graph: Graph, pipeline: string): CompiledPlan {
  const dependents = graph.map((): number[] => [])
  for (const [index, { producers }] of graph.entries()) {
    for (const producer of producers) dependents[producer]?.push(index)
  }
  const nodes = graph.map((shape, index): PlanNode => {
    const { queue, producers, concurrency, trigger, branches = false, map: over } = shape
    const read = producers.filter((producer) => graph[producer]?.branches !== true)
    return {
      // Instances have brackets and slashes in their names.
      name: index % 3 === 2 ? `map[${index}]/n` : `n${index}`,
      queue,
      ...(concurrency === 0 ? {} : { concurrency }),
      isolation: 'inline',
      retry: { retries: 2, type: 'fixed', delay: 1, maxDelay: 1, jitter: 0 },
      timeout: null,
      tags: [],
      inputs: Object.fromEntries(read.map((producer) => [`i${producer}`, `d${producer}`])),
      outputs: branches ? {} : { out: `d${index}` },
      ...(trigger === undefined ? {} : { trigger }),
      ...(branches ? { choices: choicesOf(dependents[index] ?? []) } : {}),
      ...(over === undefined || branches ? {} : { map: { dimensions: [{ over: 'x', as: 'x' }] } }),
      params: {},
      producers,
      dependents: dependents[index] ?? [],
      fingerprint: '',
    }
  })
  const plan = {
    version: 1,
    pipeline,
    nodes,
    inputs: [],
    outputs: [],
    metrics: [],
    tags: {},
  } as const
  return { hash: sha256(JSON.stringify([pipeline, graph])), plan }
}

/** Whose publications are owed, by plan. */
export function publishedOf(graph: Graph): ReadonlySet<number> {
  return new Set(
    graph.flatMap(({ published, branches }, index) =>
      published && branches !== true ? [index] : [],
    ),
  )
}
