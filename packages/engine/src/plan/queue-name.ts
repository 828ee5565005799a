import type { Amounts } from '../definition/resources.ts'
import type { PlanNode } from './plan.ts'

/**
 * Names of queues as the ledger knows them; `lua/admission.lua` takes them apart again. Users' names have neither `~` nor
 * `^`, so the parts are told apart.
 */

/** The BullMQ queue of a node: its own, or that of the resources it needs, which workers claim from that have them to spare. */
export function jobQueue({ queue, resources }: Pick<PlanNode, 'queue' | 'resources'>): string {
  if (resources === undefined) return queue
  const text = Object.entries(resources).map(([name, amount]) => `${name}=${amount}`)
  return `${queue}~${text.join(',')}`
}

/** The lane through which a node is admitted to its queue when only some of it may run at a time; empty for no limit. */
export function laneOf(pipeline: string, node: PlanNode, queue: string = jobQueue(node)): string {
  if (node.concurrency === undefined) return ''
  const aside = queue.endsWith(quarantineSuffix) ? quarantineSuffix : ''
  const real = queue.slice(0, queue.length - aside.length)
  return `${real}^${node.concurrency}^node/${pipeline}/${node.name}${aside}`
}

/** Where a released node waits for admission: its lane, or its queue. */
export function admissionQueue(pipeline: string, node: PlanNode): string {
  return laneOf(pipeline, node) || jobQueue(node)
}

/** The BullMQ queue that a lane leads to; any other queue is its own. */
export function jobQueueOf(name: string): string {
  const at = name.indexOf('^')
  if (at === -1) return name
  return name.slice(0, at) + (name.endsWith(quarantineSuffix) ? quarantineSuffix : '')
}

/** All names under which nodes of a plan may wait or lie ready. */
export function queuesOf(plan: {
  readonly pipeline: string
  readonly nodes: readonly PlanNode[]
}): readonly string[] {
  return [
    ...new Set(plan.nodes.flatMap((node) => [jobQueue(node), admissionQueue(plan.pipeline, node)])),
  ]
}

/** What a lane counts under, and how many node runs it lets in; undefined for other names. */
export function laneLimit(
  name: string,
): { readonly what: string; readonly limit: number } | undefined {
  const match = /^[^^]+\^(\d+)\^(.+)$/.exec(name)
  if (match === null) return undefined
  const [, limit, what = ''] = match
  const own = what.endsWith(quarantineSuffix) ? what.slice(0, -quarantineSuffix.length) : what
  return { what: own, limit: Number(limit) }
}

/** The queue as users name it. */
export function userQueue(name: string): string {
  return /^[^~^]*/.exec(name)?.[0] ?? name
}

/** What a queue's claims need, as its name tells; undefined for a queue without. */
export function neededBy(name: string): Amounts | undefined {
  const text = /^[^~^]+~([^~^]+=[^~^]+)/.exec(name)?.[1]
  if (text === undefined) return undefined
  return Object.fromEntries(
    text.split(',').map((part): [string, number] => {
      const [resource = '', amount] = part.split('=')
      return [resource, Number(amount)]
    }),
  )
}

const quarantineSuffix = '~quarantine'
