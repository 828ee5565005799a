import { access } from 'node:fs/promises'
import { join } from 'node:path'

import { PipewrightError, UsageError } from '@pipewright/engine'
import { loadConfig } from '@pipewright/engine/internal'
import { pythonEnvironmentPath, pythonProgram } from '@pipewright/python/environment'
import type { ModelServer, ModelSource, ServingSettingsInput } from '@pipewright/serving'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import { sharesOf, type ModelServeOptions } from '../options/model-serve-options.ts'
import type { OutputOptions } from '../options/output-options.ts'
import { openConfig, prefixOf, type OpenedConfig } from '../project/open-project.ts'
import { mlflowConnection } from '../services/mlflow-server.ts'
import { openMlflowService } from '../services/mlflow-service.ts'
import { Interrupt } from '../terminal/interrupt.ts'
import { printNotice } from '../terminal/output.ts'
import { serviceLog } from '../terminal/service-log.ts'

type Options = ModelServeOptions & OutputOptions & { readonly env?: string }

interface Models {
  readonly source: ModelSource
  close(): Promise<void>
}

/** `pipewright models serve`: answers requests until SIGINT or SIGTERM, then what was begun. */
export async function serveModels(model: string, options: Options): Promise<ExitCode> {
  const { parseModelUri } = await import('@pipewright/serving')
  const isFolder = parseModelUri(model).kind === 'folder'
  const opened = await openAnywhere(options)
  const settings = await settingsOf(options, opened.root)
  const interrupt = new Interrupt()
  const interrupted = new Promise<void>((resolve) => {
    interrupt.onFirst(resolve)
  })
  const models = isFolder ? await folders() : await registered(opened)
  try {
    const server = await start(model, models.source, options, settings)
    printNotice(`serves ${server.status()[0]?.model ?? model} at ${server.url}/invocations`)
    await interrupted
    printNotice('answers what was begun, then ends (again leaves at once)')
    await server.close()
    return exitCodes.succeeded
  } finally {
    await models.close()
    interrupt.dispose()
  }
}

async function start(
  model: string,
  source: ModelSource,
  options: Options,
  settings: ServingSettingsInput,
): Promise<ModelServer> {
  const { serveModel } = await import('@pipewright/serving')
  try {
    return await serveModel({ ...settings, model, source, log: serviceLog(options) })
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    if (!isTaken) throw error
    throw new UsageError(
      'PORT_TAKEN',
      `Something listens on port ${settings.port ?? 5001} already.`,
      {
        hint: 'Take another one with --port.',
        cause: error,
      },
    )
  }
}

/** A server needs no project: an image may hold nothing but a model, or the address of a registry. */
async function openAnywhere({ env }: Options): Promise<OpenedConfig> {
  try {
    return await openConfig({ env })
  } catch (error) {
    if (!(error instanceof PipewrightError) || error.code !== 'PROJECT_NOT_FOUND') throw error
    const root = process.cwd()
    const config = await loadConfig({ root })
    const file = join(root, 'pipewright.config.ts')
    return { root, file, config, catalog: config.catalog, prefix: prefixOf(config) }
  }
}

async function folders(): Promise<Models> {
  const { folderSource } = await import('@pipewright/serving')
  return { source: folderSource(), close: async () => {} }
}

async function registered(opened: OpenedConfig): Promise<Models> {
  const mlflow = await openMlflowService(opened, printNotice)
  if (mlflow === undefined) {
    throw new UsageError(
      'MODEL_NOT_FOUND',
      'This project has no MLflow yet, so it has no models.',
      {
        hint: 'Set MLFLOW_TRACKING_URI, or run a training pipeline that packs a model.',
      },
    )
  }
  const { openRegistrySource } = await import('@pipewright/serving')
  const { registryUri, access } = await mlflowConnection(opened)
  const source = openRegistrySource({
    uri: mlflow.uri,
    registryUri,
    access,
    cache: join(opened.root, '.pipewright', 'models'),
  })
  return {
    source,
    async close() {
      source.close()
      await mlflow.close()
    },
  }
}

async function settingsOf(options: Options, root: string): Promise<ServingSettingsInput> {
  const { host, port, keyHeader, window, minRequests, probation, threads, timeout, flavor } =
    options
  const [shadow] = options.shadow === undefined ? [] : sharesOf('--shadow', [options.shadow])
  return {
    host,
    port,
    keyHeader,
    window,
    minRequests,
    threads,
    timeout,
    flavor,
    shadow,
    canaries: sharesOf('--canary', options.canary ?? []),
    bounds: options.rollback ? options.bound : [],
    probation: options.rollback ? probation : 0,
    moveAliases: options.keepAliases !== true,
    pollEvery: options.poll,
    trialTimeout: options.trialTimeout,
    runtimeFrom: [root],
    python: {
      python: options.python ?? (process.env['PIPEWRIGHT_PYTHON'] || (await projectPython(root))),
      envManager: options.envManager,
      workers: options.pythonWorkers,
    },
  }
}

/** The Python of the project's own environment, which has MLflow, if there is one. */
async function projectPython(root: string): Promise<string | undefined> {
  const program = pythonProgram(pythonEnvironmentPath(root), 'python')
  return access(program).then(
    () => program,
    () => undefined,
  )
}
