import { setTimeout as wait } from 'node:timers/promises'

import { openFaultProject } from '../project.ts'
import { scaled } from '../random.ts'
import { openLink } from '../redis/link.ts'
import { adminOf, ownRedis } from '../redis/own-redis.ts'
import { bareSpells, endDuring, type Spell } from '../redis/spell.ts'
import { finishedAgain } from '../redis/starts.ts'
import { resultOf } from '../result.ts'
import type { FaultRow, RowContext } from '../row.ts'

const lease = { lease: 2500, checkEvery: 1000 }

/** A Redis that lives and does not answer, or late, while bodies end. Their leases run out meanwhile. */
export const row: FaultRow = {
  row: 'F8',
  fault:
    'Redis paused for 4 s, frozen for 10 s, held by one command, slow; leases of 2.5 s run out',
  expected: 'no finished body again, nothing lost',
  async run(context) {
    const place = await openPlace(context)
    const project = await openFaultProject(context, {
      url: place.url,
      direct: place.direct,
      worker: { ...lease, concurrency: 4 },
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
    const { starts, nodes } = checked.figures
    return resultOf('F8', rounds * spells.length, [checked], {
      recoveries,
      demands: [{ what: `no finished body again, not ${again}`, holds: again === 0 }],
      notes: [
        `${rounds} times each: ${spells.map(({ name }) => name).join(', ')}; lease 2.5 s, checked each 1 s.`,
        `${starts - nodes} bodies in flight ran again.`,
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
}

async function openPlace(context: RowContext): Promise<Place> {
  const redis = await ownRedis(context, ['--enable-debug-command', 'yes'])
  const link = await openLink(redis.url)
  context.cleanup(() => link.close())
  const admin = adminOf(context, redis.url)
  const paused: Spell = {
    name: 'paused for 4 s',
    lasts: 4000,
    begin: async () => void (await admin.client('PAUSE', 4000, 'ALL')),
    // It has an answer when the pause is over.
    end: async () => void (await admin.ping()),
  }
  // A reply that is due may still come: with nobody left to thaw it, the server would stay.
  context.cleanup(() => process.kill(redis.pid, 'SIGCONT'))
  const frozen: Spell = {
    name: 'frozen for 10 s',
    lasts: 10_000,
    begin: async () => void process.kill(redis.pid, 'SIGSTOP'),
    end: async () => void process.kill(redis.pid, 'SIGCONT'),
  }
  let held: Promise<unknown> = Promise.resolve()
  const sleeps: Spell = {
    name: 'held by one command for 4 s',
    lasts: 4000,
    async begin() {
      held = admin.call('DEBUG', 'SLEEP', '4')
      await wait(50)
    },
    end: async () => void (await held),
  }
  const slow: Spell = {
    name: '200 ms away, give or take 100, for 5 s',
    lasts: 5000,
    async begin() {
      link.delay = () => 100 + 200 * Math.random()
    },
    async end() {
      link.delay = () => 0
    },
  }
  return {
    url: link.url,
    direct: redis.url,
    spells: context.short ? [paused] : [paused, frozen, sleeps, slow],
  }
}
