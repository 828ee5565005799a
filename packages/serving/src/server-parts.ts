import { UsageError } from '@pipewright/engine'

import { deploy } from './deployment/deploy.ts'
import { SlotKeeper, type KeeperParts } from './deployment/slot-keeper.ts'
import { ServingMetrics } from './http/metrics.ts'
import { slotStatus, type SlotStatus } from './http/status.ts'
import type { ServingLog } from './log.ts'
import type { ServingSettings } from './settings.ts'
import type { ModelSource } from './source/model-source.ts'
import { parseModelUri, type ModelUri } from './source/model-uri.ts'
import { parseBound } from './traffic/bound.ts'
import { Guard } from './traffic/guard.ts'
import { Router } from './traffic/router.ts'
import { Slot } from './traffic/slot.ts'
import type { Share } from './traffic/split.ts'

/** A slot with what keeps it, the main one first. */
interface Place {
  readonly role: SlotStatus['role']
  readonly share: number
  readonly slot: Slot
}

/** The parts of a server, joined, with nothing in service yet. */
export interface ServerParts {
  readonly router: Router
  readonly metrics: ServingMetrics
  readonly keepers: readonly SlotKeeper[]
  readonly status: () => readonly SlotStatus[]
}

/** What a server serves, and where it tells of it. */
export interface ServerInput {
  readonly model: string
  readonly source: ModelSource
  readonly log: ServingLog
  readonly settings: ServingSettings
}

/** Joins the parts of a server. @throws UsageError `INVALID_MODEL_URI`, `INVALID_BOUND`, `INVALID_SERVING_SETTINGS` */
export function joinParts(input: ServerInput): ServerParts {
  const { model, settings, log } = input
  const uri = parseModelUri(model)
  const places = placesOf(uri, settings)
  const slots = places.map(({ slot }) => slot)
  const metrics = new ServingMetrics(slots)
  const keepers = new Map<Slot, SlotKeeper>()
  const guard = new Guard(settings.bounds.map(parseBound), (slot, serving, reason) =>
    keepers.get(slot)?.rollBack(serving, reason),
  )
  const keeperParts = keeperPartsOf(input, guard, metrics)
  for (const { slot, role } of places) {
    keepers.set(slot, new SlotKeeper(slot, role === 'main', keeperParts))
  }
  const [main] = slots
  if (main === undefined) throw new Error('There is no main slot.')
  const shadow = places.find(({ role }) => role === 'shadow')
  const router = new Router({
    main,
    others: places.filter(({ role }) => role === 'canary'),
    shadow: shadow && { ...shadow, maxInFlight: settings.threads * settings.perThread * 4 },
    salt: 'name' in uri ? uri.name : model,
    trialTimeout: settings.trialTimeout,
    events: {
      onAnswer: metrics.onAnswer,
      onShadow: metrics.onShadow,
      onRecord: (slot) => guard.look(slot),
      onProblem: (slot, id, problem) =>
        log.warn({ slot: slot.name, model: id, problem }, `${id} failed.`),
    },
  })
  return {
    router,
    metrics,
    keepers: [...keepers.values()],
    status: () => places.map(({ slot, role, share }) => slotStatus(slot, role, share)),
  }
}

function placesOf(uri: ModelUri, settings: ServingSettings): readonly Place[] {
  const { window, minRequests, canaries, shadow } = settings
  const placeOf =
    (role: Place['role']) =>
    ({ alias, share }: Share): Place => ({
      role,
      share,
      slot: new Slot(alias, siblingOf(uri, alias), { window, minRequests }),
    })
  const rest = 1 - canaries.reduce((total, { share }) => total + share, 0)
  const name = uri.kind === 'alias' ? uri.alias : 'main'
  assertDistinct([name, ...canaries.map(({ alias }) => alias), ...(shadow ? [shadow.alias] : [])])
  return [
    { role: 'main', share: rest, slot: new Slot(name, uri, { window, minRequests }) },
    ...canaries.map(placeOf('canary')),
    ...(shadow === undefined ? [] : [placeOf('shadow')(shadow)]),
  ]
}

/** One alias in two places would be loaded twice, and its metrics could not be told apart. */
function assertDistinct(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return
  throw new UsageError('INVALID_SERVING_SETTINGS', `The alias "${twice}" is named twice.`, {
    hint: 'Serve an alias as the main model, as a canary or as a shadow.',
  })
}

function siblingOf(uri: ModelUri, alias: string): ModelUri {
  if ('name' in uri) return { kind: 'alias', name: uri.name, alias }
  throw new UsageError(
    'INVALID_SERVING_SETTINGS',
    `"${alias}" is an alias, and the model is not a registered one.`,
    { hint: 'Name the model as models:/NAME@alias to serve other aliases beside it.' },
  )
}

function keeperPartsOf(
  { source, log, settings }: ServerInput,
  guard: Guard,
  metrics: ServingMetrics,
): KeeperParts {
  return {
    ...settings,
    source,
    log,
    guard,
    deploy: (model) =>
      deploy(model, {
        ...settings,
        onProblem: (message) => log.warn({ model: model.id }, message),
      }),
    onReload: (slot, outcome) => metrics.onReload(slot, outcome),
    onRollback: (slot, model) => metrics.onRollback(slot, model),
  }
}
