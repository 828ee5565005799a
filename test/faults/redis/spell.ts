import { setTimeout as wait } from 'node:timers/promises'

import { openBareFleet, type BareFleet } from '../bare/fleet.ts'
import { brief } from '../fixture/pipelines/brief.ts'
import { gate, gated } from '../fixture/pipelines/gated.ts'
import type { FaultProject } from '../project.ts'
import { p95 } from '../random.ts'
import type { BareResult, RowContext } from '../row.ts'
import { until } from '../until.ts'
import { nextStart } from './starts.ts'

/** A trouble of Redis that begins, lasts, and ends. */
export interface Spell {
  readonly name: string
  /** Milliseconds. */
  readonly lasts: number
  readonly begin: () => Promise<void>
  readonly end: () => Promise<void>
  /** What is done in the middle of it. Default: nothing. */
  readonly meanwhile?: () => Promise<void>
}

/**
 * Does a spell of trouble while bodies are under way that end in the middle of it, and waits until all is done.
 *
 * @returns milliseconds from its end to the start of a body.
 */
export async function endDuring(
  context: RowContext,
  project: FaultProject,
  spell: Spell,
  runs: number,
): Promise<number> {
  await project.close(gate)
  const own = new Set<string>()
  for (let run = 0; run < runs; run += 1) own.add((await project.enqueue(gated)).id)
  await until(`${runs} bodies at the gate`, async () => {
    const effects = await project.effects()
    const started = effects.filter(
      ({ run, node, what }) => own.has(run) && node === 'waiting' && what === 'started',
    )
    return new Set(started.map(({ run }) => run)).size === runs
  })
  const from = Date.now()
  await passThrough(context, spell, async () => project.open(gate))
  const to = Date.now()
  project.excuse({ kind: 'outage', from, to })
  // There may be nothing left to start of the others.
  const [recovery] = await Promise.all([nextStart(project, to), enqueueInTheEnd(project)])
  await project.ended(60_000)
  return recovery
}

/** The same for plain BullMQ. */
async function bareEndDuring(
  context: RowContext,
  fleet: BareFleet,
  spell: Spell,
  jobs: number,
): Promise<number> {
  const before = new Set((await fleet.effects()).map(({ node }) => node))
  const own = `${gate}-${before.size}`
  await fleet.add({ does: 'gate', gate: own }, jobs)
  await until('the jobs at the gate', async () => {
    const begun = new Set((await fleet.effects()).map(({ node }) => node))
    return begun.size === before.size + jobs
  })
  await passThrough(context, spell, async () => fleet.openGate(own))
  const to = Date.now()
  await fleet.add({ does: 'wait', time: 10 })
  const recovery = await nextStart(fleet, to, 30_000)
  // What is not done by then is counted in the end.
  await until('the jobs', async () => (await fleet.open()) === 0, 30_000).catch(() => undefined)
  return recovery
}

async function passThrough(
  context: RowContext,
  { lasts, begin, end, meanwhile }: Spell,
  open: () => Promise<void>,
): Promise<void> {
  await begin()
  const began = performance.now()
  await wait(lasts * (0.1 + 0.4 * context.random()))
  await open()
  await meanwhile?.()
  await wait(Math.max(0, lasts - (performance.now() - began)))
  await end()
}

/** Clients are told of what still is in the way, and ask again. */
async function enqueueInTheEnd(project: FaultProject): Promise<void> {
  const key = `after-${Date.now()}`
  await until('an enqueue', async () =>
    project.enqueue(brief, { key }).catch((error: unknown) => {
      if (project.runs.length === 0) throw error
      return false as const
    }),
  )
}

/** Does spells to plain BullMQ, with workers that find Redis at `place.url`. */
export async function bareSpells(
  context: RowContext,
  place: { readonly url: string; readonly direct: string; readonly spells: readonly Spell[] },
  lease: { readonly lease: number; readonly checkEvery: number },
): Promise<BareResult> {
  const fleet = await openBareFleet(
    context,
    { concurrency: 8, lockDuration: lease.lease, stalledInterval: lease.checkEvery },
    place.url,
    place.direct,
  )
  await Promise.all([fleet.work(), fleet.work()])
  const recoveries: number[] = []
  const never: string[] = []
  for (const spell of place.spells) {
    const recovery = await bareEndDuring(context, fleet, spell, 12)
    context.say(`bare, ${spell.name}: went on after ${recovery} ms`)
    if (Number.isFinite(recovery)) {
      recoveries.push(recovery)
      continue
    }
    never.push(spell.name)
    // Workers that hang do so in what follows too.
    break
  }
  const { lease: lock, checkEvery: check } = lease
  const settings = `with the same lease (lock ${lock / 1000} s, stalled check ${check / 1000} s)`
  const note = never.map((name) => `; after "${name}" nothing was claimed for 30 s`).join('')
  const result = await fleet.result(place.spells.length, `each once, ${settings}${note}`, 30_000)
  return { ...result, recoveryP95Ms: p95(recoveries) }
}
