import { Agent } from 'node:http'

import * as z from 'zod'

import { send, type Call } from './counting-proxy.ts'

/** The calls that recorded one run: those of the run before its nodes, those of each node, those of the run after them. */
export interface RecordedCalls {
  readonly run: string
  readonly before: readonly Call[]
  readonly nodes: readonly (readonly Call[])[]
  readonly after: readonly Call[]
}

const Created = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) })
const OfRun = z.object({ run_id: z.string() })

/** Sorts the calls that recorded the run `run`, in their order, by the MLflow run that each is about. */
export function sortCalls(run: string, calls: readonly Call[]): RecordedCalls {
  const [parent, ...children] = calls.flatMap((call) => createdBy(call) ?? [])
  const nodes = new Map(children.map((id) => [id, [] as Call[]]))
  const before: Call[] = []
  const after: Call[] = []
  let isBegun = false
  for (const call of calls) {
    const of = createdBy(call) ?? runOf(call)
    const node = of === undefined || of === parent ? undefined : nodes.get(of)
    if (node !== undefined) isBegun = true
    const list = node ?? (isBegun ? after : before)
    list.push(call)
  }
  return { run, before, nodes: [...nodes.values()], after }
}

/** The MLflow run that a call created; undefined for any other call. */
function createdBy(call: Call): string | undefined {
  if (!call.path.endsWith('/runs/create')) return undefined
  return Created.parse(JSON.parse(call.answer.toString())).run.info.run_id
}

function runOf({ contentType, path, body }: Call): string | undefined {
  const ofPath = /\/artifacts\/[^/]+\/(?<run>[0-9a-f]{32})\//.exec(path)?.groups?.['run']
  if (ofPath !== undefined || contentType !== 'application/json') return ofPath
  return OfRun.safeParse(JSON.parse(body.toString())).data?.run_id
}

/**
 * Sends the same calls again, for new runs, as fast as a plain loop does it: `concurrency` nodes at a time, each one
 * call after the other, and the run's own calls before and after.
 *
 * @returns milliseconds
 */
export async function sendAgain(
  { run, before, nodes, after }: RecordedCalls,
  target: string,
  concurrency: number,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency })
  // Another run of ours, so that searches find what they found the first time.
  const names = new Map([[run, run.slice(0, -8) + Math.random().toString(36).slice(2, 10)]])
  const start = performance.now()
  await sendAll(before, target, agent, names)
  const left = nodes.values()
  const lane = async (): Promise<void> => {
    for (const calls of left) await sendAll(calls, target, agent, new Map(names))
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  await sendAll(after, target, agent, names)
  const milliseconds = performance.now() - start
  agent.destroy()
  return milliseconds
}

/** `names` are ids of the first time and those of this time; it grows by the runs that are created. */
async function sendAll(
  calls: readonly Call[],
  target: string,
  agent: Agent,
  names: Map<string, string>,
): Promise<void> {
  for (const call of calls) {
    const { method } = call
    const path = renamed(call.path, names)
    const body = Buffer.from(renamed(call.body.toString(), names))
    const { contentType } = call
    const headers = contentType === undefined ? {} : { 'content-type': contentType }
    const answer = await send(target, agent, { method, path, headers, body })
    if (answer.status !== call.status)
      throw new Error(
        `${method} ${path} was answered with ${answer.status}: ${answer.body.toString()}`,
      )
    const created = createdBy(call)
    const again = createdBy({ ...call, answer: answer.body })
    if (created !== undefined && again !== undefined) names.set(created, again)
  }
}

function renamed(text: string, names: ReadonlyMap<string, string>): string {
  let changed = text
  for (const [before, now] of names) changed = changed.replaceAll(before, now)
  return changed
}
