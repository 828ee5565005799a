import type { NodeContext, NodeLog } from '../definition/node-context.ts'
import type { Metric } from './metric.ts'

/** Takes one recorded value; `at` is the time of the call in ms since 1970. */
export type OnMetric = (key: string, value: Metric[1], step: number, at: number) => void

/** `context.metric` of one attempt. */
export interface MetricRecorder {
  readonly metric: NodeContext<unknown>['metric']
  /** After it, calls are dropped: the attempt's record is closed. */
  close(): void
}

const longestKey = 250

/**
 * Makes `context.metric`. A call that cannot be recorded never throws into the user's code: the first one of an
 * attempt is logged as a warning, the rest are dropped silently.
 */
export function metricRecorder(onMetric: OnMetric, log: Pick<NodeLog, 'warn'>): MetricRecorder {
  let open = true
  let warned = false
  function refuse(reason: string, key: unknown): void {
    if (warned) return
    warned = true
    log.warn(`A metric was not recorded: ${reason}.`, {
      metric: typeof key === 'string' ? key.slice(0, longestKey) : `a ${typeof key}`,
    })
  }
  return {
    metric(key, value, step = 0) {
      const reason = open ? refusal(key, value, step) : 'the attempt has already ended'
      if (reason !== undefined) return refuse(reason, key)
      onMetric(key, Number.isFinite(value) ? value : notFinite(value), step, Date.now())
    },
    close() {
      open = false
    },
  }
}

/** Callers from JavaScript can pass anything, so the declared types are not relied on. */
function refusal(key: unknown, value: unknown, step: unknown): string | undefined {
  if (typeof key !== 'string' || key === '') return 'its key must be a non-empty string'
  if (key.length > longestKey) return `its key is longer than ${longestKey} characters`
  if (typeof value !== 'number') return `its value is a ${typeof value}, not a number`
  if (!Number.isSafeInteger(step)) return 'its step must be a whole number'
  return undefined
}

function notFinite(value: number): 'NaN' | 'Infinity' | '-Infinity' {
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? 'Infinity' : '-Infinity'
}
