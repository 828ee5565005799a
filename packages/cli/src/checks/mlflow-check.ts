import { access } from 'node:fs/promises'
import { join } from 'node:path'

import { findPython } from '../embedded/python-command.ts'
import { pythonEnvironmentPath } from '../embedded/python-environment.ts'
import { messageOf } from '../error-report.ts'
import type { OpenedConfig } from '../project/open-project.ts'
import { ok, warn, type Check } from './check.ts'

const timeout = 5000

/** The configured MLflow answers, or an embedded one can be had. It never fails: runs work without MLflow. */
export async function checkMlflow({ root, config }: OpenedConfig): Promise<Check> {
  const uri = process.env['MLFLOW_TRACKING_URI'] || config.mlflow.server.mlflow_tracking_uri
  return uri ? checkServer(uri) : checkEmbedded(root)
}

async function checkServer(uri: string): Promise<Check> {
  const url = URL.canParse(uri) ? new URL(uri) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    return warn(
      'MLflow',
      `${uri} is not the address of a server`,
      'Pipewright records through the REST API: start "mlflow server" and set MLFLOW_TRACKING_URI to its http address.',
    )
  }
  const shown = `${url.protocol}//${url.host}${url.pathname}`.replace(/\/$/, '')
  try {
    const signal = AbortSignal.timeout(timeout)
    const response = await fetch(`${shown}/version`, { signal })
    const version = (await response.text()).trim()
    if (response.ok) return ok('MLflow', `${shown}, version ${version.slice(0, 40)}`)
    throw new Error(`it answers ${response.status}`)
  } catch (error) {
    return warn(
      'MLflow',
      `${shown}: ${reason(error)}`,
      'Runs work; their record waits in Redis until it answers. Start it, or correct MLFLOW_TRACKING_URI.',
    )
  }
}

/** `fetch` hides what happened behind "fetch failed". */
function reason(error: unknown): string {
  return messageOf(error instanceof Error && error.cause instanceof Error ? error.cause : error)
}

async function checkEmbedded(root: string): Promise<Check> {
  const environment = pythonEnvironmentPath(root)
  const installed = await access(join(environment, '.pipewright', 'MLflow')).then(
    () => true,
    () => false,
  )
  if (installed) return ok('MLflow', `embedded, from ${environment}`)
  if ((await findPython()) !== undefined) {
    return ok('MLflow', 'embedded, to be installed by the first run (600 MB)')
  }
  return warn(
    'MLflow',
    'MLFLOW_TRACKING_URI is not set and no Python is there to install one',
    'Runs work; their record waits in Redis. Set MLFLOW_TRACKING_URI, or install Python 3.10 or newer.',
  )
}
