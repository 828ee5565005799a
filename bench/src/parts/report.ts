import type { PrivateRedis } from '../private-redis.ts'
import { table } from '../table.ts'
import { longestScripts, type LongestScript } from './longest-scripts.ts'
import { nodeCosts, type Cost } from './node-costs.ts'
import { scriptCosts } from './script-costs.ts'
import { submitLatencies, type SubmitLatency } from './submit-latency.ts'

/** The single parts of a node run, and what runs of 10,000 nodes ask of Redis. */
export interface Parts {
  readonly costs: readonly Cost[]
  readonly submits: readonly SubmitLatency[]
  readonly scripts: readonly LongestScript[]
}

export async function measureParts(server: PrivateRedis): Promise<Parts> {
  console.error('parts of a node run')
  const costs = await nodeCosts()
  console.error('scripts')
  const inRedis = await scriptCosts(server)
  console.error('submissions of 10,000 nodes')
  const submits = await submitLatencies(server.url)
  // Last, for it changes how this process sends scripts.
  console.error('runs of 10,000 nodes')
  return { costs: [...costs, ...inRedis], submits, scripts: await longestScripts(server.url) }
}

export function partsReport({ costs, submits, scripts }: Parts): string {
  return [
    table(
      ['part of a node run', 'us'],
      costs.map(({ part, microseconds }) => [part, microseconds.toFixed(1)]),
    ),
    table(
      [
        'client.enqueue, plan stored',
        'nodes',
        'median ms',
        'longest ms',
        'first ms',
        'target 50 ms',
      ],
      submits.map((submit) => [
        submit.shape,
        String(submit.nodes),
        submit.medianMs.toFixed(1),
        submit.longestMs.toFixed(1),
        submit.firstMs.toFixed(0),
        submit.medianMs <= 50 ? 'holds' : 'MISSED',
      ]),
    ),
    table(
      ['longest script of a run', 'ms of CPU', 'script', 'over 10 ms', 'target 10 ms'],
      scripts.map((script) => [
        script.shape,
        script.milliseconds.toFixed(1),
        script.script,
        String(script.over10Ms),
        script.over10Ms === 0 ? 'holds' : 'MISSED',
      ]),
    ),
  ].join('\n\n')
}
