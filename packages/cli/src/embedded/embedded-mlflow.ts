import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { InfrastructureError } from '@pipewright/engine'
import {
  ensurePythonPackage,
  type PythonEnvironmentOptions,
  pythonEnvironmentPath,
  pythonProgram,
  pythonVariables,
  runCommand,
} from '@pipewright/python/environment'

import { freePort } from './free-port.ts'
import { launchDetached } from './launch-detached.ts'
import { logTail } from './log-tail.ts'
import {
  joinServer,
  type SharedServer,
  type SharedServerKind,
  stopServer,
} from './shared-server.ts'

const VERSION = '3.17.2'
const MLFLOW = {
  name: 'MLflow',
  // All three in step: a newer mlflow was once on the index before its parts were.
  requirements: [`mlflow==${VERSION}`, `mlflow-skinny==${VERSION}`, `mlflow-tracing==${VERSION}`],
  announcement: `installing MLflow ${VERSION} (once, about 600 MB)`,
}
const PROBE_TIMEOUT_MS = 2_000
/** The journal mode stays in the file; a write then costs 2 fsyncs where it cost 12. */
const PRESET_WAL =
  "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA journal_mode=WAL')"

/** Where the MLflow of a project came from. */
export type MlflowSource = 'environment' | 'shared' | 'started'

/** Where the embedded server listens, beside what its installation needs. */
export interface MlflowOptions extends PythonEnvironmentOptions {
  /** Address that it listens at. Default 127.0.0.1; any other lets others on the network in, unasked. */
  readonly host?: string | undefined
  /** Port that it takes if it is free. Default: the one of last time, or any. */
  readonly port?: number | undefined
}

/** An MLflow on its way; nothing needs to wait for it. */
export interface OpenedMlflow {
  /**
   * Settles when the server answers: 6 to 25 s after a start, and once the time of an install more.
   * Rejects with an InfrastructureError `PYTHON_NOT_FOUND`, `PYTHON_VENV_FAILED`,
   * `PYTHON_INSTALL_FAILED` or `MLFLOW_START_FAILED`; one that nobody awaits is no unhandled rejection.
   */
  readonly ready: Promise<{ readonly uri: string; readonly source: MlflowSource }>
  /**
   * Gives it back, also in the middle of an install or a start, which then ends. The last user of an
   * embedded server stops it; with `keep` it stays, so that links to it live on and the next start finds it.
   */
  close(options?: { readonly keep?: boolean }): Promise<void>
}

/**
 * The MLflow of a project: `MLFLOW_TRACKING_URI`; else the embedded server of this project that runs
 * already; else a new one, installed into the project's own Python environment at the first time.
 * Returns at once. Its data is in `.pipewright/mlflow`, its log in `.pipewright/mlflow/server.log`.
 */
export function openMlflow(options: MlflowOptions): OpenedMlflow {
  const configured = process.env['MLFLOW_TRACKING_URI']
  if (configured) {
    const ready = Promise.resolve({ uri: configured, source: 'environment' as const })
    return { ready, close: () => Promise.resolve() }
  }
  const closing = new AbortController()
  const signal =
    options.signal === undefined
      ? closing.signal
      : AbortSignal.any([options.signal, closing.signal])
  const joined = openEmbedded({ ...options, signal })
  const ready = joined.then(({ address, started }) => ({
    uri: addressOf(options.host, address.port),
    source: started ? ('started' as const) : ('shared' as const),
  }))
  ready.catch(() => undefined)
  return {
    ready,
    async close(how) {
      closing.abort(new Error('MLflow was closed before it was ready'))
      const server = await joined.catch(() => undefined)
      await server?.leave(how)
    },
  }
}

/** Stops the embedded MLflow of a project, whoever uses it. Returns whether one ran. */
export function stopEmbeddedMlflow(root: string): Promise<boolean> {
  return stopServer(mlflowKind(root))
}

async function openEmbedded(options: MlflowOptions): Promise<SharedServer> {
  // Outside the server's lock, so that others can leave while we install for minutes.
  await ensurePythonPackage(MLFLOW, options)
  const { host, port, onProgress } = options
  const server = await joinServer(mlflowKind(options.root, { host, port }), options.signal)
  const { port: taken } = server.address
  if (port !== undefined && taken !== port)
    onProgress?.(
      server.started
        ? `port ${port} is taken: MLflow listens at ${taken}`
        : `MLflow runs already, at port ${taken}, and takes port ${port} at its next start`,
    )
  return server
}

/** Where this machine reaches a server that listens there. */
function addressOf(host: string | undefined, port: number): string {
  const own = host === undefined || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${own.includes(':') ? `[${own}]` : own}:${port}`
}

function mlflowKind(
  root: string,
  { host, port: wanted }: Pick<MlflowOptions, 'host' | 'port'> = {},
): SharedServerKind {
  const directory = resolve(root, '.pipewright', 'mlflow')
  const environment = pythonEnvironmentPath(root)
  const logFile = join(directory, 'server.log')
  return {
    stateFile: `${directory}.json`,
    startBudgetMs: 180_000,
    stopGraceMs: 10_000,
    // The port of last time, so that links printed then work again.
    address: async (previousPort) => ({ port: await freePort(wanted ?? previousPort), secret: '' }),
    async launch({ port }) {
      await mkdir(join(directory, 'artifacts'), { recursive: true, mode: 0o700 })
      const database = join(directory, 'mlflow.db')
      await runCommand(pythonProgram(environment, 'python'), ['-c', PRESET_WAL, database])
      return launchDetached({
        command: pythonProgram(environment, 'mlflow'),
        args: serverArguments(directory, database, host, port),
        cwd: directory,
        env: {
          ...pythonVariables(),
          // Seven processes of 250 MB each that we have no use for.
          MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
          MLFLOW_DISABLE_TELEMETRY: 'true',
        },
        logFile,
      })
    },
    probe: ({ port }) => probeMlflow(addressOf(host, port)),
    async failure(reason) {
      return new InfrastructureError(
        'MLFLOW_START_FAILED',
        `the embedded MLflow ${reason === 'ended' ? 'ended while it started' : 'did not answer within 180 s'}; the end of ${logFile}:\n${await logTail(logFile)}`,
        {
          hint: 'Set right what the log says, or set MLFLOW_TRACKING_URI to a server of your own.',
        },
      )
    },
  }
}

function serverArguments(
  directory: string,
  database: string,
  host: string | undefined,
  port: number,
): string[] {
  return [
    'server',
    `--host=${host ?? '127.0.0.1'}`,
    `--port=${port}`,
    '--workers=1',
    `--backend-store-uri=sqlite:///${database}`,
    `--artifacts-destination=${join(directory, 'artifacts')}`,
    // Its default of 5 s kills a server that starts on a busy machine.
    '--uvicorn-opts=--timeout-worker-healthcheck 60 --log-level warning',
  ]
}

async function probeMlflow(address: string): Promise<{ state: 'ready' | 'starting' }> {
  try {
    const response = await fetch(`${address}/health`, {
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    })
    return { state: response.ok ? 'ready' : 'starting' }
  } catch {
    return { state: 'starting' }
  }
}
