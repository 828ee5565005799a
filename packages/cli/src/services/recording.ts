import { openProjectStorage } from '@pipewright/engine/internal'
import type { Adapter, AdapterLog, AdapterStatus } from '@pipewright/mlflow-adapter'

import { messageOf } from '../error-report.ts'
import type { OpenedConfig } from '../project/open-project.ts'
import type { RecordedRun } from '../view/run-summary.ts'
import { experimentName } from './experiment-name.ts'
import { exportMlflowCredentials } from './mlflow-credentials.ts'
import { configuredMlflow, mlflowConnection } from './mlflow-server.ts'

/** What recording needs to know. */
export interface RecordingOptions {
  readonly redis: string
  readonly prefix: string
  readonly log: AdapterLog
  /** One line for each thing worth telling, such as the progress of an install. */
  readonly onProgress: (message: string) => void
}

/** The recording of runs in MLflow, on its way or under way. Nothing needs to wait for it. */
export interface Recording {
  /** Settles when the adapter works; rejects when there is no MLflow. One that nobody awaits is no unhandled rejection. */
  readonly started: Promise<StartedRecording>
  /** Ends the adapter and gives an embedded MLflow back; with `keep` it stays, so that links live on. */
  close(options?: { readonly keep?: boolean }): Promise<void>
}

/** A working adapter and the server that it writes to. */
export interface StartedRecording {
  readonly adapter: Adapter
  readonly uri: string
  /** True for a server of this project that we started or joined. */
  readonly embedded: boolean
}

/** Opens MLflow (of the environment, `mlflow.yml`, or embedded) and records into it as soon as it is there. */
export function openRecording(
  opened: Pick<OpenedConfig, 'root' | 'config' | 'catalog'>,
  options: RecordingOptions,
): Recording {
  exportMlflowCredentials(opened)
  const closing = new AbortController()
  const server = openServer(opened, options, closing.signal)
  const started = server.then(async ({ ready }) => {
    const { uri, embedded } = await ready
    closing.signal.throwIfAborted()
    const adapter = await startOn(opened, options, uri)
    return { adapter, uri, embedded }
  })
  started.catch(() => undefined)
  return {
    started,
    async close(how) {
      closing.abort()
      const opening = await server
      const running = await Promise.race([started.catch(() => undefined), undefinedSoon()])
      await running?.adapter.stop()
      await opening.close(how)
    },
  }
}

interface Server {
  readonly ready: Promise<{ readonly uri: string; readonly embedded: boolean }>
  close(options?: { readonly keep?: boolean }): Promise<void>
}

async function openServer(
  { root, config }: Pick<OpenedConfig, 'root' | 'config'>,
  { onProgress }: RecordingOptions,
  signal: AbortSignal,
): Promise<Server> {
  const configured = configuredMlflow({ config })
  if (configured !== undefined) {
    const { uri } = configured
    return { ready: Promise.resolve({ uri, embedded: false }), close: async () => {} }
  }
  const { openMlflow } = await import('../embedded/index.ts')
  const { host, port } = config.mlflow.ui
  const mlflow = openMlflow({ root, onProgress, signal, host, port: port ?? undefined })
  const ready = mlflow.ready.then((server) => ({ uri: server.uri, embedded: true }))
  ready.catch(() => undefined)
  return { ready, close: (how) => mlflow.close(how) }
}

async function startOn(
  opened: Pick<OpenedConfig, 'root' | 'config' | 'catalog'>,
  { redis, prefix, log }: RecordingOptions,
  uri: string,
): Promise<Adapter> {
  const { settingsOf, startAdapter } = await import('@pipewright/mlflow-adapter')
  const { mlflow } = opened.config
  const storage = openProjectStorage(opened.config)
  const { registryUri, access, timeout, inFlight } = await mlflowConnection(opened)
  return startAdapter({
    redis,
    prefix,
    tracking: { uri, registryUri, access, ui: mlflow.ui.url ?? undefined },
    timeout,
    inFlight,
    experiment: await experimentName(opened),
    settings: settingsOf(mlflow, opened.catalog),
    readStore: (path) => storage.read(path),
    ...(storage.stream !== undefined && { readStream: storage.stream.bind(storage) }),
    storeUrl: storage.url,
    log,
  })
}

/** A server that is still being installed must not hold up a close: its install is ended by the abort. */
function undefinedSoon(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, 100, undefined))
}

/** The longest silence of an adapter that is brought up to date, in ms: of one that works, and of one without MLflow. */
const silence = 15_000
const silenceWithoutMlflow = 4000

/**
 * Waits until a run is recorded, as long as the recording makes progress. It never throws: a run does not depend on
 * MLflow. Returns why not, when it was not recorded.
 */
export async function bringUpToDate(
  recording: Recording,
  runId: string,
  signal: AbortSignal,
): Promise<{ readonly recorded: RecordedRun | null; readonly problem?: string }> {
  try {
    const { adapter } = await orAborted(recording.started, signal)
    let last = -1
    let since = performance.now()
    for (;;) {
      const isDone = await adapter.drain({ timeout: 1000 })
      if (isDone) return { recorded: (await adapter.runUrl(runId)) ?? null }
      const { recorded, uploaded, problem } = await adapter.status()
      // one large artifact may take longer than everything else
      if (recorded + uploaded !== last) since = performance.now()
      last = recorded + uploaded
      if (signal.aborted) return { recorded: null, problem: 'interrupted' }
      if (performance.now() - since > (problem === undefined ? silence : silenceWithoutMlflow)) {
        return { recorded: null, problem: problemText(problem) }
      }
    }
  } catch (error) {
    return { recorded: null, problem: messageOf(error) }
  }
}

function problemText(problem: AdapterStatus['problem']): string {
  if (problem === undefined) return 'it does not keep up'
  // its reader ends the sentence
  const parts = [problem.message, problem.hint ?? ''].map((part) => part.replace(/\.$/, ''))
  return parts.filter((part) => part !== '').join('. ')
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error('interrupted'))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject)
  })
}
