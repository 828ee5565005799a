import type { SlotKeeper } from './deployment/slot-keeper.ts'
import { buildApp } from './http/build-app.ts'
import type { SlotStatus } from './http/status.ts'
import type { ServingLog } from './log.ts'
import { joinParts } from './server-parts.ts'
import { servingSettings, type ServingSettingsInput } from './settings.ts'
import type { ModelSource } from './source/model-source.ts'

/** What a server is started with. */
export interface ServeOptions extends ServingSettingsInput {
  /** `models:/NAME@alias`, `models:/NAME/3`, `runs:/RUN/path`, or a folder. */
  readonly model: string
  readonly source: ModelSource
  readonly log: ServingLog
}

/** A server that runs. */
export interface ModelServer {
  /** Such as `http://127.0.0.1:5001`. */
  readonly url: string
  /** What serves: the main model first. */
  status(): readonly SlotStatus[]
  /** Answers what was begun, and ends. */
  close(): Promise<void>
}

/**
 * Serves a model with MLflow's scoring protocol, from when this resolves.
 *
 * @throws UsageError for settings and models that cannot be served; InfrastructureError when the registry or the disk is
 * not there; the system's error when the port is taken
 *
 * @example
 * const server = await serveModel({ model: 'models/reviews', source: folderSource(), log })
 */
export async function serveModel(options: ServeOptions): Promise<ModelServer> {
  const { model, source, log, ...given } = options
  const settings = servingSettings(given)
  const { keepers, status, router, metrics } = joinParts({ model, source, log, settings })
  const app = buildApp({ router, metrics, status, ...settings })
  const close = async (): Promise<void> => {
    await app.close()
    await Promise.all(keepers.map((keeper) => keeper.close()))
  }
  try {
    await openAll(keepers, log)
    const url = await app.listen({ host: settings.host, port: settings.port })
    for (const keeper of keepers) keeper.watch()
    return { url, status, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The main model must come into service. One beside it may come later. */
async function openAll([main, ...others]: readonly SlotKeeper[], log: ServingLog): Promise<void> {
  await main?.open()
  await Promise.all(
    others.map(async (keeper) => {
      try {
        await keeper.open()
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        const { name } = keeper.slot
        log.error({ slot: name }, `${name} is not in service: ${reason}`)
      }
    }),
  )
}
