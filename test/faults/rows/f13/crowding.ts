import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { openFaultProject, type Checked, type FaultProject } from '../../project.ts'
import { between } from '../../random.ts'
import type { Demand } from '../../result.ts'
import type { RowContext } from '../../row.ts'
import { until } from '../../until.ts'
import { bulk, crowded, listed, Whole } from './bulky.ts'
import { smallDisks, type SmallDisks } from './small-disk.ts'

/** What came of a disk that was full. */
export interface Crowding {
  readonly checked: Checked
  readonly demands: readonly Demand[]
  readonly kind: SmallDisks['kind']
}

/** Fills the disks, lets nodes fail and wait, and makes room again; so many times. */
export async function crowd(context: RowContext, times: number): Promise<Crowding> {
  const project = await openFaultProject(context)
  const disks = await smallDisks(context, project, times)
  await project.work({ execArgv: disks.execArgv, concurrency: 4 })
  // Something whole is published before there is no room.
  await project.enqueue(listed)
  await project.ended(30_000)
  const demands: Demand[] = [await publishedWhole(project, 'before')]
  for (let time = 0; time < times; time += 1) {
    // From nothing at all to almost enough: what is written stops at any place.
    await disks.fill(between(context.random, 0, bulk - 65_536))
    const run = await project.enqueue(crowded)
    await until('nodes without room', async () => {
      const effects = (await project.effects()).filter((effect) => effect.run === run.id)
      const tries = effects.filter(({ node, what }) => node === 'patient' && what === 'ended')
      return tries.length >= 2 && ended(await run.nodes(), 'denied')
    })
    const denied = (await run.nodes()).find(({ node }) => node === 'denied')?.error
    const told = `${denied?.code} ${denied?.message}`
    demands.push(
      { what: `the node fails by name, not ${told}`, holds: /ENOSPC|no space/i.test(told) },
      await publishedWhole(project, 'without room'),
      await nothingPartial(project),
    )
    await disks.free()
    await project.ended(30_000)
    await project.enqueue(listed)
    await project.ended(30_000)
    demands.push(await publishedWhole(project, 'after'), await nothingPartial(project))
  }
  return { checked: await project.check({ guilty: ['denied'] }), demands, kind: disks.kind }
}

function ended(
  nodes: readonly { readonly node: string; readonly status: string }[],
  name: string,
): boolean {
  return nodes.some(({ node, status }) => node === name && status === 'failed')
}

/** What others read is whole. */
async function publishedWhole({ root }: FaultProject, when: string): Promise<Demand> {
  const text = await readFile(join(root, 'data', 'bulk.txt'), 'utf8')
  return { what: `what is published is whole ${when}`, holds: Whole.safeParse(text).success }
}

/** Every file of the store that a reader could find is whole. */
async function nothingPartial({ root }: FaultProject): Promise<Demand> {
  const entries = await readdir(join(root, '.pipewright'), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && !/ballast|\.staged$/.test(entry.name))
  const texts = await Promise.all(
    files.map(async ({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')),
  )
  const parts = texts.filter((text) => /^(\d)\1{100}/.test(text) && text.length !== bulk)
  return {
    what: `no part of a dataset is in the store, not ${parts.length}`,
    holds: parts.length === 0,
  }
}
