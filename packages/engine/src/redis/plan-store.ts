import type { Redis } from 'ioredis'
import { pack } from 'msgpackr'

import { InfrastructureError } from '../errors.ts'
import { canonicalJson } from '../plan/canonical-json.ts'
import { madeInputs } from '../plan/made-inputs.ts'
import type { CompiledPlan, Plan } from '../plan/plan.ts'
import { admissionQueue } from '../plan/queue-name.ts'
import * as keys from './keys.ts'
import { redisTime } from './presence.ts'

/** Edges in one chunk: what one script follows at most. `npm run bench -- --parts` shows how long that holds Redis. */
export const chunkSize = 512

/** Fields written with one command, so that a plan of 10,000 nodes holds Redis for no longer than a plan of 500. */
const fieldsPerWrite = 500

/** Tries to store a plan: a server that loses what it has just taken, again and again, is not one to rely on. */
const mostTries = 5

/** Marks a plan as complete when all of it is there. KEYS: plan. ARGV: number of fields, number of nodes. */
const completeScript = `
if redis.call('HLEN', KEYS[1]) < tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'total', ARGV[2])
return 1`

/**
 * Stores a plan under its hash, once. The field `total`, written last, says that it is complete. A server that fails in between
 * may have lost the rest: then it is written again.
 *
 * Fields: `json` the plan; `total` number of nodes; `d:<index>:<chunk>` the edges of a node, `d:r:<chunk>` the roots
 * (layout in `lua/ledger.lua`); `c:<index>`, `c:r` how many chunks, where more than one; `i:<index>` the datasets that a
 * node reads from others.
 *
 * @throws InfrastructureError `PLAN_MISSING`
 */
export async function storePlan(
  redis: Redis,
  prefix: string,
  compiled: CompiledPlan,
): Promise<void> {
  const key = keys.plan(prefix, compiled.hash)
  if ((await redis.hexists(key, 'total')) === 1) return
  const fields = planFields(compiled.plan)
  for (let tries = 0; tries < mostTries; tries += 1) {
    // before its fields, so that a plan that is never completed is removed in the end as well
    // oxlint-disable-next-line no-await-in-loop -- one try after the other
    await redis.zadd(keys.plans(prefix), await redisTime(redis), compiled.hash)
    const writes: Promise<unknown>[] = []
    for (let first = 0; first < fields.length; first += fieldsPerWrite) {
      writes.push(redis.hset(key, ...fields.slice(first, first + fieldsPerWrite).flat()))
    }
    // oxlint-disable-next-line no-await-in-loop
    await Promise.all(writes)
    const { nodes } = compiled.plan
    // oxlint-disable-next-line no-await-in-loop
    if ((await redis.eval(completeScript, 1, key, fields.length, nodes.length)) === 1) return
  }
  throw new InfrastructureError(
    'PLAN_MISSING',
    `Redis loses plan ${compiled.hash} while it is stored.`,
    {
      hint: 'It restarts or fails over all the time, or something removes its keys. Enqueue the run again.',
    },
  )
}

/** Reads a plan back. @throws InfrastructureError `PLAN_MISSING` */
export async function readPlan(redis: Redis, prefix: string, hash: string): Promise<Plan> {
  const text = await redis.hget(keys.plan(prefix, hash), 'json')
  if (text === null) {
    throw new InfrastructureError('PLAN_MISSING', `Plan ${hash} is not in Redis.`, {
      hint: 'It was removed, or this is another Redis than the one the run was enqueued to. Enqueue the run again.',
    })
  }
  // It is stored under the hash of its own text, which `storePlan` made from a Plan.
  return JSON.parse(text) as Plan
}

/** How many chunks the edges of a node take. */
export function chunksOf(edges: number): number {
  return Math.max(1, Math.ceil(edges / chunkSize))
}

type Field = readonly [name: string, value: string | Buffer]

function planFields(plan: Plan): Field[] {
  const fields: Field[] = [['json', canonicalJson(plan)]]
  const firstBytes = firstByteOfEach(plan)
  const positions = plan.nodes.map(
    (node) => new Map(node.producers.map((producer, position) => [producer, position])),
  )
  const edge = (dependent: number, producer: number): readonly (string | number)[] => {
    const node = plan.nodes[dependent]
    if (node === undefined) return []
    return [
      dependent,
      node.producers.length,
      firstBytes[dependent] ?? 0,
      positions[dependent]?.get(producer) ?? 0,
      node.name,
      admissionQueue(plan.pipeline, node),
      node.dependents.length === 0 ? 0 : chunksOf(node.dependents.length),
    ]
  }
  const addEdges = (producer: number, name: string, dependents: readonly number[]): void => {
    const chunks = chunksOf(dependents.length)
    for (let chunk = 0; chunk < chunks && dependents.length > 0; chunk += 1) {
      const part = dependents.slice(chunk * chunkSize, (chunk + 1) * chunkSize)
      const edges = part.flatMap((dependent) => edge(dependent, producer))
      const triggers = producer === -1 ? [] : triggersOf(plan, part)
      fields.push([`d:${name}:${chunk}`, pack([...edges, ...triggers])])
    }
    if (chunks > 1 || name === 'r') fields.push([`c:${name}`, String(chunks)])
  }
  addEdges(
    -1,
    'r',
    [...plan.nodes.keys()].filter((index) => plan.nodes[index]?.producers.length === 0),
  )
  for (const [index, node] of plan.nodes.entries()) {
    addEdges(index, String(index), node.dependents)
    const inputs = madeInputs(plan)[index] ?? []
    if (inputs.length > 0) fields.push([`i:${index}`, pack(inputs)])
  }
  return fields
}

/** Which of the nodes wait until all their producers have ended: one table behind their edges, if there are any. */
function triggersOf(plan: Plan, dependents: readonly number[]): readonly object[] {
  const triggers = dependents.flatMap((dependent): [string, string][] => {
    const trigger = plan.nodes[dependent]?.trigger
    return trigger === undefined ? [] : [[String(dependent), trigger === 'allDone' ? 'all' : 'any']]
  })
  return triggers.length === 0 ? [] : [Object.fromEntries(triggers)]
}

/**
 * Each node with several producers owns whole bytes of the run's bitmap of arrivals, one bit a producer; and one byte more when
 * it runs if any of them has succeeded.
 */
function firstByteOfEach(plan: Plan): readonly number[] {
  let next = 0
  return plan.nodes.map((node) => {
    const first = next
    if (node.producers.length > 1) next += Math.ceil(node.producers.length / 8)
    if (node.producers.length > 1 && node.trigger === 'anySucceeded') next += 1
    return first
  })
}
