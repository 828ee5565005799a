import { hostname } from 'node:os'

import {
  assertReachable,
  lookAtStore,
  openProjectStorage,
  openRedis,
  readWorkers,
  type KnownWorker,
} from '@pipewright/engine/internal'

import { messageOf } from '../error-report.ts'
import { exitCodes } from '../exit-code.ts'
import type { OpenedConfig } from '../project/open-project.ts'
import { configuredRedis } from '../services/redis-service.ts'
import { fail, ok, type Check } from './check.ts'

const name = 'shared store'
const advice =
  'Let store.url of pipewright.yml name a place that all workers reach. A store that is gone for good is given up once no run is under way: pipewright runs cancel.'

/** Whether the store of this machine is the one that the workers share, and whether each of them has it. */
export async function checkSharedStore(
  opened: OpenedConfig,
  option: string | undefined,
): Promise<readonly Check[]> {
  const configured = configuredRedis(opened, option)
  // An embedded Redis serves this machine alone.
  if (configured === undefined) return []
  const redis = openRedis(configured.url, 'fail')
  try {
    await assertReachable(redis, configured.url, 3000)
    const storage = openProjectStorage(opened.config)
    const found = await lookAtStore(redis, opened.prefix, storage)
    const { workers } = await readWorkers(redis, opened.prefix)
    const refused = workers.flatMap(refusedCheck)
    if (found === undefined) return refused
    const { record, sees } = found
    const whose = `worker "${record.worker}" on host ${record.host}`
    if (sees) return [ok(name, `this machine sees what ${whose} left there`), ...refused]
    const text = `this machine, host ${hostname()}, has ${storage.url}, and what ${whose} left in ${record.url} is not there`
    return [fail(name, exitCodes.infrastructure, text, advice), ...refused]
  } catch (error) {
    // That Redis cannot be reached was told by another check.
    return redis.status === 'ready'
      ? [fail(name, exitCodes.infrastructure, messageOf(error), advice)]
      : []
  } finally {
    redis.disconnect()
  }
}

function refusedCheck({ name: worker, lost, problem }: KnownWorker): readonly Check[] {
  if (lost || problem === undefined) return []
  const text = `${worker} claims nothing: ${problem.message} (${problem.code})`
  return [fail(name, exitCodes.infrastructure, text, problem.hint ?? advice)]
}
