import { datasetOf } from '../definition/variant.ts'
import { compareNodes, type CodeBasis, type NodeBasis } from './compare.ts'
import type { Content } from './difference.ts'
import type { Plan, PlanNode } from './plan.ts'
import type { NodeResumption, ResumeReason } from './resume-reason.ts'

/** What is known of a node run of the run that is resumed. */
export interface EarlierNode {
  readonly status:
    | 'pending'
    | 'running'
    | 'succeeded'
    | 'failed'
    | 'cancelled'
    | 'skipped'
    | 'reused'
  /** Forms of outputs as `formText` has them. */
  readonly basis: NodeBasis
  /** sha256 of what it made, by dataset. */
  readonly made: ReadonlyMap<string, string>
  readonly error?: { readonly code: string; readonly message: string } | undefined
  /** What it made and is not there any more, or not what it made. */
  readonly lost?: ReadonlyMap<string, 'gone' | 'changed'> | undefined
  /** Of a branch: what it chose. */
  readonly choice?: readonly string[] | undefined
  /** Of a map: how many elements it had, and how many of them failed. */
  readonly elements?: { readonly count: number; readonly failed: number } | undefined
}

/** What is known of the project now. */
export interface ResumeFacts {
  /** The plan of the new run. */
  readonly plan: Plan
  /** Node runs of the run that is resumed, by the names of their nodes. */
  readonly earlier: ReadonlyMap<string, EarlierNode>
  /** Params of the new run by the names by which users set them. */
  readonly params: Readonly<Record<string, unknown>>
  /** Code of the nodes by name. Those that are left out are not known. */
  readonly codes: ReadonlyMap<string, CodeBasis>
  /** Contents of the datasets of the catalog that the plan reads, by name. Those that are left out are not known. */
  readonly contents: ReadonlyMap<string, Content>
  /** Forms of the datasets that the catalog lists, by name. Others are kept in any form. */
  readonly forms: ReadonlyMap<string, string>
}

/** What becomes of the nodes before it, and what they made. */
interface Course {
  readonly facts: ResumeFacts
  /** Index of the node that makes a dataset. */
  readonly makers: ReadonlyMap<string, number>
  /** Of the nodes so far, in the order of the plan. */
  readonly decided: readonly NodeResumption[]
}

/**
 * Decides for each node of a new run whether it keeps what the earlier run has committed, or runs, and why. A result is kept when
 * all that it was made from is known and is the same now: code, params, contents of inputs, forms of outputs.
 */
export function planResume(facts: ResumeFacts): readonly NodeResumption[] {
  const makers = new Map<string, number>()
  for (const [index, node] of facts.plan.nodes.entries())
    for (const output of Object.values(node.outputs)) makers.set(datasetOf(output), index)
  const decided: NodeResumption[] = []
  for (const [index, node] of facts.plan.nodes.entries())
    decided.push(decide(node, index, { facts, makers, decided }))
  return decided
}

function decide(node: PlanNode, index: number, course: Course): NodeResumption {
  const skipped = skipOf(node, index, course)
  if (skipped !== undefined) return { node: node.name, index, action: 'skip', reasons: [skipped] }
  const reasons = reasonsOf(node, course)
  return { node: node.name, index, action: reasons.length === 0 ? 'reuse' : 'run', reasons }
}

/** Why a node is skipped whatever happens: a branch that is kept has not chosen it, or what it needs is skipped itself. */
function skipOf(
  node: PlanNode,
  index: number,
  { facts, decided }: Course,
): ResumeReason | undefined {
  const isSkipped = (producer: number): boolean => decided[producer]?.action === 'skip'
  const by = decliner(node, index, { facts, decided })
  if (by !== undefined) return { kind: 'not-chosen', by }
  const first = node.producers.find(isSkipped)
  if (first === undefined || node.trigger === 'allDone') return undefined
  if (node.trigger === 'anySucceeded' && !node.producers.every(isSkipped)) return undefined
  return { kind: 'not-reached', by: facts.plan.nodes[first]?.name ?? '' }
}

/** The branch that is kept and has not chosen the node. */
function decliner(
  { producers }: PlanNode,
  index: number,
  { facts, decided }: Pick<Course, 'facts' | 'decided'>,
): string | undefined {
  for (const producer of producers) {
    const branch = facts.plan.nodes[producer]
    if (branch?.choices === undefined || decided[producer]?.action !== 'reuse') continue
    const chosen = facts.earlier.get(branch.name)?.choice ?? []
    const targets = chosen.flatMap((choice) => branch.choices?.[choice] ?? [])
    if (!targets.includes(index)) return branch.name
  }
  return undefined
}

/** Why a node runs; empty when its result is kept. */
function reasonsOf(node: PlanNode, course: Course): readonly ResumeReason[] {
  const { facts, decided } = course
  const earlier = facts.earlier.get(node.name)
  if (earlier === undefined) return [{ kind: 'new' }]
  const { status, error } = earlier
  if (status === 'failed') return [{ kind: 'failed', ...(error && { error }) }]
  if (status !== 'succeeded' && status !== 'reused') return [{ kind: 'unfinished', status }]
  const again = Object.values(node.inputs).flatMap((dataset) => {
    const maker = makerOf(dataset, course)
    if (maker === undefined || decided[maker.index]?.action !== 'run') return []
    return [{ kind: 'made-again', dataset, by: maker.node.name } as const]
  })
  const madeAgain = new Set<string>(again.map(({ dataset }) => dataset))
  const before = basisBefore(node, earlier, facts)
  const after = basisNow(node, course)
  const compared = compareNodes(without(before, madeAgain), without(after, madeAgain))
  return [
    ...compared,
    ...unknownsOf(node, before, after, { madeAgain, course }),
    ...again,
    ...[...(earlier.lost ?? [])].map(([dataset, how]) => ({ kind: how, dataset }) as const),
    ...elementsOf(earlier),
  ]
}

function makerOf(
  dataset: string,
  { facts, makers }: Course,
): { readonly index: number; readonly node: PlanNode } | undefined {
  const index = makers.get(datasetOf(dataset))
  const node = index === undefined ? undefined : facts.plan.nodes[index]
  return index === undefined || node === undefined ? undefined : { index, node }
}

/** Of what the catalog does not list, any form will do. */
function basisBefore(node: PlanNode, { basis }: EarlierNode, { forms }: ResumeFacts): NodeBasis {
  const outputs = Object.entries(basis.outputs).map(([dataset, form]) => [
    dataset,
    forms.has(dataset) || !Object.values(node.outputs).includes(dataset) ? form : undefined,
  ])
  return { ...basis, outputs: Object.fromEntries(outputs) as NodeBasis['outputs'] }
}

function basisNow(node: PlanNode, course: Course): NodeBasis {
  const { codes, params, forms } = course.facts
  const named = Object.values(node.params).filter((name) => Object.hasOwn(params, name))
  return {
    code: codes.get(node.name),
    params: Object.fromEntries(named.map((name) => [name, params[name]])),
    inputs: Object.fromEntries(
      Object.values(node.inputs).map((dataset) => [dataset, contentNow(dataset, course)]),
    ),
    outputs: Object.fromEntries(
      Object.values(node.outputs).map((dataset) => [dataset, forms.get(dataset)]),
    ),
  }
}

/** The content that a node would read: what the catalog has, or what is kept of its maker. */
function contentNow(dataset: string, course: Course): Content | undefined {
  const { facts, decided } = course
  const maker = makerOf(dataset, course)
  if (maker === undefined) return facts.contents.get(dataset)
  if (decided[maker.index]?.action === 'skip') return undefined
  const { name } = maker.node
  const made = [...(facts.earlier.get(name)?.made ?? [])]
  const found = made.find(([other]) => datasetOf(other) === datasetOf(dataset))
  return found && { sha256: found[1], madeBy: name }
}

/** What cannot be told to be the same counts as changed. */
function unknownsOf(
  node: PlanNode,
  before: NodeBasis,
  after: NodeBasis,
  { madeAgain, course }: { readonly madeAgain: ReadonlySet<string>; readonly course: Course },
): readonly ResumeReason[] {
  const unread = Object.values(node.inputs).filter((dataset) => {
    if (madeAgain.has(dataset) || !Object.hasOwn(before.inputs, dataset)) return false
    const [old, now] = [before.inputs[dataset], after.inputs[dataset]]
    // What nobody makes, now as before, is `undefined` for a node with a trigger that allows it.
    const isNotMade = old === undefined && now === undefined && makerOf(dataset, course)
    return (old === undefined || now === undefined) && isNotMade === undefined
  })
  const isCodeKnown = before.code !== undefined && after.code !== undefined
  return [
    ...(isCodeKnown ? [] : [{ kind: 'unknown', what: 'code' } as const]),
    ...unread.map((dataset) => ({ kind: 'unknown', what: 'input', dataset }) as const),
  ]
}

/** A map that succeeded although elements failed has something left to do. */
function elementsOf({ elements }: EarlierNode): readonly ResumeReason[] {
  if (elements === undefined || elements.failed === 0) return []
  return [{ kind: 'elements', failed: elements.failed, count: elements.count }]
}

function without(basis: NodeBasis, datasets: ReadonlySet<string>): NodeBasis {
  if (datasets.size === 0) return basis
  const inputs = Object.entries(basis.inputs).filter(([dataset]) => !datasets.has(dataset))
  return { ...basis, inputs: Object.fromEntries(inputs) }
}
