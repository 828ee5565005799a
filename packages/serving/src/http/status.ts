import type { Serving, Slot } from '../traffic/slot.ts'

/** One slot, for people and tests. */
export interface SlotStatus {
  readonly slot: string
  /** Share of the requests that it gets, from 0 to 1; of a shadow, the share that is copied to it. */
  readonly share: number
  readonly role: 'main' | 'canary' | 'shadow'
  /** Null: nothing is in it. */
  readonly model: string | null
  readonly since: string | null
  readonly healthy: boolean
  /** The version that it goes back to when a bound is crossed. */
  readonly previous: string | null
  readonly requests: number
  readonly failures: number
  readonly inFlight: number
  /** Over the window; null with too few requests. */
  readonly errorRate: number | null
  /** 95 % of the answers took no longer, in ms; null with too few requests. */
  readonly latencyP95: number | null
}

/** Describes a slot. */
export function slotStatus(slot: Slot, role: SlotStatus['role'], share: number): SlotStatus {
  const { current, previous } = slot
  return {
    slot: slot.name,
    role,
    share,
    model: current?.deployment.model.id ?? null,
    since: current?.deployment.since.toISOString() ?? null,
    healthy: current?.deployment.healthy ?? false,
    previous: previous?.deployment.model.id ?? null,
    inFlight: current?.deployment.inFlight ?? 0,
    ...recordStatus(current),
  }
}

function recordStatus(
  serving: Serving | undefined,
): Pick<SlotStatus, 'requests' | 'failures' | 'errorRate' | 'latencyP95'> {
  const { requests, failures } = serving?.record.totals ?? { requests: 0, failures: 0 }
  return {
    requests,
    failures,
    errorRate: serving?.record.value('error_rate') ?? null,
    latencyP95: serving?.record.value('latency_p95') ?? null,
  }
}
