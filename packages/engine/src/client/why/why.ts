import { setTimeout as delay } from 'node:timers/promises'

import type { Redis } from 'ioredis'

import { didYouMean } from '../../definition/nearest.ts'
import { InfrastructureError, UsageError } from '../../errors.ts'
import type { Plan } from '../../plan/plan.ts'
import { asking } from '../../redis/redis-error.ts'
import { readRun } from '../run-reader.ts'
import type { NodeWhy, RunWhy } from './answer.ts'
import { explainNode, type Sources } from './explain-node.ts'
import { explainRun, explainWithoutPlan } from './explain-run.ts'
import { Places } from './places.ts'
import { WorkerFacts } from './queue-facts.ts'
import { RunFacts } from './run-facts.ts'

/** Looks at a run that seems to have ended and not to know it: it may have ended while its nodes were read. */
const looks = 4

/** Answers why a run is where it is. It only reads, in commands of bounded size. @throws InfrastructureError `RUN_NOT_FOUND` */
export async function whyRun(redis: Redis, prefix: string, id: string): Promise<RunWhy> {
  try {
    return await whenSettled(redis, prefix, id, explainRun, isEnding)
  } catch (error) {
    if (!(error instanceof InfrastructureError) || error.code !== 'PLAN_MISSING') throw error
    return asking(redis, `say why run ${id} does not move`, async () => {
      const run = await readRun(redis, prefix, id)
      if (run === undefined) throw error
      return explainWithoutPlan(run, await WorkerFacts.read(redis, prefix))
    })
  }
}

/** The same of one node run. @throws InfrastructureError `RUN_NOT_FOUND`; UsageError `UNKNOWN_NODE` */
export async function whyNode(
  redis: Redis,
  prefix: string,
  id: string,
  node: string,
): Promise<NodeWhy> {
  const explain = async (sources: Sources): Promise<NodeWhy> => {
    const { facts, workers } = sources
    const { run, plan } = facts
    const index = plan.nodes.findIndex(({ name }) => name === node)
    if (index === -1) {
      const names = plan.nodes.map(({ name }) => name)
      throw new UsageError(
        'UNKNOWN_NODE',
        `Run ${id} of "${run.pipeline}" has no node "${node}".`,
        {
          hint: didYouMean(node, names, 'nodes'),
        },
      )
    }
    const reason = await explainNode(index, sources)
    return { run: id, pipeline: run.pipeline, node, now: workers.now, reason }
  }
  return whenSettled(redis, prefix, id, explain, () => false)
}

async function whenSettled<Answer>(
  redis: Redis,
  prefix: string,
  id: string,
  explain: (sources: Sources) => Promise<Answer>,
  isPassing: (answer: Answer) => boolean,
): Promise<Answer> {
  let plan: Plan | undefined
  for (let look = 1; ; look += 1) {
    const answer = await asking(redis, `say why run ${id} does not move`, async () => {
      const workers = await WorkerFacts.read(redis, prefix)
      const facts = await RunFacts.read(redis, prefix, id, plan)
      plan = facts.plan
      return explain({ facts, workers, places: new Places(facts) })
    })
    if (look === looks || !isPassing(answer)) return answer
    await delay(30 * look)
  }
}

function isEnding({ reason }: RunWhy): boolean {
  return reason.kind === 'ending'
}
