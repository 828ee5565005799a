import { setTimeout as wait } from 'node:timers/promises'

import type { NodeRun } from '@pipewright/engine/client'

import type { WorkerProcess } from '../../../support/worker-process.ts'
import type { FaultProject } from '../../project.ts'
import type { Demand } from '../../result.ts'
import { livingGroups, watchMemory } from './processes.ts'
import { trouble, troubled, troubles, type Trouble } from './troubled.ts'

/** What came of a pipeline that makes trouble. */
export interface TroubleOutcome {
  readonly demands: readonly Demand[]
  /** Milliseconds until its process group was dead; undefined when it need not die. */
  readonly gone: number | undefined
  readonly note: string
}

/**
 * The worker may grow by so many MiB: Node collects the buffers of what it read when there are 64 MiB of them, so that much
 * comes and goes whoever prints; the rest is what the worker may add.
 */
const growth = 96
/** A process group must be dead so many milliseconds after its node. */
const limit = 5000

/** Runs one of the pipelines and looks at what is left of its process. */
export async function makeTrouble(
  project: FaultProject,
  worker: WorkerProcess,
  name: string,
): Promise<TroubleOutcome> {
  const pipeline = troubled.find((each) => each.name === name)
  const expected = troubles[name]?.error
  if (pipeline === undefined) throw new Error(`no pipeline ${name}`)
  const grown = await watchMemory(worker.pid)
  const run = await project.enqueue(pipeline)
  await Promise.race([project.ended(120_000), worker.ended])
  const node = (await run.nodes()).find((each) => each.node === trouble)
  const began = (await project.effects()).find(
    (each) => each.run === run.id && each.node === trouble && each.what === 'started',
  )
  const gone = expected === undefined ? undefined : await until(began?.pid ?? -1, limit)
  const mebibytes = Math.round(grown())
  const told = toldBy(node)
  const dead = gone === undefined ? '' : `, group dead after ${gone} ms`
  return {
    gone,
    note: `${name}: ${told}, worker +${mebibytes} MiB${dead}`,
    demands: [
      { what: `${name}: ends by name, not ${told}`, holds: isNamed(expected, node) },
      {
        what: `${name}: process group dead within ${limit} ms`,
        holds: expected === undefined || gone !== undefined,
      },
      {
        what: `${name}: worker grows by at most ${growth} MiB, not ${mebibytes}`,
        holds: mebibytes <= growth,
      },
    ],
  }
}

function toldBy(node: NodeRun | undefined): string {
  const { code = '', message = '' } = node?.error ?? {}
  return code === '' ? String(node?.status) : `${node?.status} ${code} "${message.slice(0, 120)}"`
}

function isNamed(expected: Trouble['error'], node: NodeRun | undefined): boolean {
  if (expected === undefined) return node?.status === 'succeeded'
  const { code, message = '' } = node?.error ?? {}
  return code === expected.code && expected.says.test(message)
}

/** Milliseconds until no process of a group lives. Undefined when one still does after `most`. */
async function until(group: number, most: number): Promise<number | undefined> {
  const began = performance.now()
  while (performance.now() - began < most) {
    if (!(await livingGroups()).has(group)) return Math.round(performance.now() - began)
    await wait(50)
  }
  return undefined
}
