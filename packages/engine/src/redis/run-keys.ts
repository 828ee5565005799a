import type { Redis } from 'ioredis'

import * as keys from './keys.ts'

/**
 * Names of all keys that may belong to a run, whether or not they are there: what retention and `prune` remove.
 *
 * @param queues Names of all queues that runs have used.
 * @param maps Indexes of its maps.
 */
export function runKeys(
  prefix: string,
  id: string,
  queues: readonly string[],
  maps: readonly string[],
): readonly string[] {
  const header = keys.run(prefix, id)
  return [
    header,
    keys.nodes(prefix, id),
    keys.data(prefix, id),
    keys.live(prefix, id),
    keys.losses(prefix, id),
    keys.unpublished(prefix, id),
    `${header}:edges`,
    keys.mlflowRuns(prefix, id),
    keys.kept(prefix, id),
    keys.declined(prefix, id),
    keys.maps(prefix, id),
    ...maps.flatMap((index) => [
      keys.map(prefix, id, index),
      keys.failedElements(prefix, id, index),
      keys.elements(prefix, id, index),
    ]),
    ...queues.map((queue) => keys.ready(prefix, id, queue)),
  ]
}

/** Removes a key while it names the run. KEYS: key. ARGV: run. */
const forgetScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('UNLINK', KEYS[1])`

/** Removes the idempotency key of a run, unless it names another one by now. Returns how many keys went. */
export async function forgetKey(
  redis: Redis,
  prefix: string,
  key: string,
  run: string,
): Promise<number> {
  return (await redis.eval(forgetScript, 1, keys.idempotency(prefix, key), run)) === 1 ? 1 : 0
}
