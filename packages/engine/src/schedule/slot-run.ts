import { dateText } from '../config/zone-time.ts'
import { slotText } from './slots.ts'
import type { StoredSchedule } from './stored-schedule.ts'

/** What a scheduler and `trigger` pass to `enqueue`. */
export interface SlotOrder {
  readonly params: Readonly<Record<string, unknown>>
  readonly key: string
  readonly tags: Readonly<Record<string, string>>
  readonly priority?: number
}

/** What a schedule asks of a client. */
export interface SlotRuns {
  enqueue(pipeline: string, order: SlotOrder): Promise<{ readonly id: string }>
  cancel(run: string): Promise<void>
}

/** The order of a slot's run. Its key is the slot's, so whoever enqueues it, and however often, there is one run. */
export function slotOrder(schedule: StoredSchedule, slot: number, trigger = false): SlotOrder {
  const { name, params, slotParam, slotFormat, timezone, tags, priority } = schedule
  const time = slotText(slot)
  const value = slotFormat === 'date' ? dateText(slot, timezone) : time
  return {
    params: slotParam === undefined ? params : withParam(params, slotParam, value),
    key: `schedule/${name}/${trigger ? 'trigger/' : ''}${time}`,
    tags: {
      ...tags,
      'pipewright.schedule': name,
      'pipewright.slot': time,
      ...(trigger ? { 'pipewright.trigger': 'manual' } : {}),
    },
    ...(priority === undefined ? {} : { priority }),
  }
}

/** Where the params have its node as a map, `train.asOf` belongs into it; else under its dotted name. */
function withParam(
  params: Readonly<Record<string, unknown>>,
  name: string,
  value: string,
): Readonly<Record<string, unknown>> {
  const [head = '', ...rest] = name.split('.')
  const inner = params[head]
  if (rest.length === 0 || typeof inner !== 'object' || inner === null || Array.isArray(inner))
    return { ...params, [name]: value }
  // A map of YAML or JSON.
  const map = inner as Readonly<Record<string, unknown>>
  return { ...params, [head]: withParam(map, rest.join('.'), value) }
}
