import { redisProxy } from '../../support/redis-proxy.ts'
import { openFaultProject } from '../project.ts'
import { scaled } from '../random.ts'
import { canDrop, dropPackets } from '../redis/drop.ts'
import { openLink } from '../redis/link.ts'
import { ownRedis } from '../redis/own-redis.ts'
import { bareSpells, endDuring, type Spell } from '../redis/spell.ts'
import { finishedAgain } from '../redis/starts.ts'
import { resultOf } from '../result.ts'
import type { FaultRow, RowContext } from '../row.ts'

const lease = { lease: 2500, checkEvery: 1000 }
/** Milliseconds from the end of the fault to the next body. */
const longestRecovery = 10_000

/** Networks that swallow what is sent, reset connections, or leave one side without knowledge of their end. */
export const row: FaultRow = {
  row: 'F9',
  fault: 'silent partition for longer than a lease, connections reset, connections half open',
  expected: 'work goes on within 10 s, nothing lost, no finished body again',
  async run(context) {
    const place = await openPlace(context)
    const project = await openFaultProject(context, {
      url: place.url,
      direct: place.direct,
      worker: { ...(context.short ? { lease: 6000, checkEvery: 1000 } : lease), concurrency: 4 },
    })
    await Promise.all([project.work(), project.work()])
    const { spells } = place
    const rounds = context.short ? 1 : scaled(5, context.scale)
    const recoveries: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      for (const spell of spells) {
        const recovery = await endDuring(context, project, spell, 6)
        recoveries.push(recovery)
        context.say(`${spell.name}: went on after ${recovery} ms`)
      }
    }
    const checked = await project.check()
    const again = finishedAgain(checked.history.effects)
    const slowest = Math.max(...recoveries)
    return resultOf('F9', rounds * spells.length, [checked], {
      recoveries,
      demands: [
        { what: `no finished body again, not ${again}`, holds: again === 0 },
        {
          what: `work goes on within 10 s, not ${slowest} ms`,
          holds: context.short || slowest <= longestRecovery,
        },
      ],
      notes: [
        `${rounds} times each: ${spells.map(({ name }) => name).join(', ')}; lease 2.5 s, checked each 1 s.`,
        ...place.notes,
      ],
      bare:
        context.scale >= 0.2 ? await bareSpells(context, await openPlace(context), lease) : null,
    })
  },
}

interface Place {
  readonly url: string
  /** Past all that is done to the network. */
  readonly direct: string
  readonly spells: readonly Spell[]
  readonly notes: readonly string[]
}

const nothing = async (): Promise<void> => Promise.resolve()

async function openPlace(context: RowContext): Promise<Place> {
  const redis = await ownRedis(context)
  const link = await openLink(redis.url)
  context.cleanup(() => link.close())
  const proxy = await redisProxy(link.url)
  context.cleanup(() => proxy.close())
  const parted = (lasts: number): Spell => ({
    name: `parted for ${lasts / 1000} s`,
    lasts,
    begin: async () => Promise.resolve(proxy.partition()),
    end: async () => Promise.resolve(proxy.partition(true)),
  })
  const reset: Spell = {
    name: 'reset',
    lasts: 500,
    begin: async () => Promise.resolve(link.reset()),
    end: async () => Promise.resolve(link.reset()),
  }
  const halfOpen: Spell = {
    name: 'half open',
    lasts: 500,
    begin: async () => Promise.resolve(proxy.halfOpen()),
    end: nothing,
  }
  if (context.short)
    return { url: proxy.url, direct: redis.url, spells: [reset, halfOpen], notes: [] }
  const dropped = await canDrop()
  const spells = [parted(4000), parted(15_000), reset, halfOpen]
  if (!dropped)
    return {
      url: proxy.url,
      direct: redis.url,
      spells,
      notes: ['This machine lets nobody drop packets.'],
    }
  let restore = nothing
  context.cleanup(() => restore())
  spells.push({
    name: 'packets dropped for 8 s',
    lasts: 8000,
    async begin() {
      restore = await dropPackets(portOf(proxy.url))
    },
    end: async () => restore(),
  })
  return { url: proxy.url, direct: redis.url, spells, notes: [] }
}

function portOf(url: string): number {
  return Number(new URL(url).port)
}
