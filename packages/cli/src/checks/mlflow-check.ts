import { access } from 'node:fs/promises'
import { join } from 'node:path'

import type { MlflowError, ServerCheck } from '@pipewright/mlflow-adapter'
import { findPython, pythonEnvironmentPath } from '@pipewright/python/environment'

import type { OpenedConfig } from '../project/open-project.ts'
import { experimentName } from '../services/experiment-name.ts'
import { configuredMlflow, mlflowConnection } from '../services/mlflow-server.ts'
import { ok, warn, type Check } from './check.ts'
import { projectFailure } from './project-checks.ts'

const timeout = 5000

/** What no pipeline suffers from while it is so. */
const meanwhile = 'Runs work; their record waits in Redis until then.'

/** The configured MLflow lets runs be recorded, or an embedded one can be had. It never fails: runs work without MLflow. */
export async function checkMlflow(opened: OpenedConfig): Promise<readonly Check[]> {
  const remarks = opened.config.remarks.map(({ text }) =>
    warn('mlflow.yml', text, 'Remove the setting, or what makes it useless.'),
  )
  const configured = configuredMlflow(opened)
  const checks =
    configured === undefined
      ? [await checkEmbedded(opened.root)]
      : await checkServer(opened, configured.uri)
  return [...remarks, ...checks]
}

async function checkServer(opened: OpenedConfig, uri: string): Promise<readonly Check[]> {
  const url = URL.canParse(uri) ? new URL(uri) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    return [
      warn(
        'MLflow',
        `${uri} is not the address of a server`,
        'Pipewright records through the REST API: start "mlflow server" and set MLFLOW_TRACKING_URI to its http address.',
      ),
    ]
  }
  const shown = shownAddress(url)
  try {
    const { registryUri, access: credentials } = await mlflowConnection(opened)
    const experiment = await experimentName(opened)
    const { checkServer: ask } = await import('@pipewright/mlflow-adapter')
    const found = await ask({ uri, registryUri, access: credentials, experiment, timeout })
    return [
      serverCheck(opened, { shown, experiment, found }),
      ...(registryUri === undefined ? [] : [registryCheck(registryUri, found.registryProblem)]),
    ]
  } catch (error) {
    return [projectFailure('MLflow', error)]
  }
}

function serverCheck(
  { config }: OpenedConfig,
  {
    shown,
    experiment,
    found,
  }: { readonly shown: string; readonly experiment: string; readonly found: ServerCheck },
): Check {
  const { version, experiment: state, problem } = found
  if (problem !== undefined) return problemCheck('MLflow', shown, problem)
  const isLeft = !config.mlflow.tracking.experiment.restore_if_deleted
  if (state === 'deleted' && isLeft)
    return warn(
      'MLflow',
      `${shown}: the experiment ${JSON.stringify(experiment)} was deleted, and restore_if_deleted is false`,
      `Restore it in MLflow, or set another tracking.experiment.name in mlflow.yml. ${meanwhile}`,
    )
  const will =
    state === 'missing' ? ', to be created' : state === 'deleted' ? ', to be restored' : ''
  const release = version === undefined ? '' : `, version ${version}`
  return ok('MLflow', `${shown}${release}, experiment ${JSON.stringify(experiment)}${will}`)
}

function registryCheck(uri: string, problem: MlflowError | undefined): Check {
  const shown = shownAddress(new URL(uri))
  return problem === undefined
    ? ok('MLflow registry', shown)
    : problemCheck('MLflow registry', shown, problem)
}

function problemCheck(name: string, shown: string, problem: MlflowError): Check {
  const text = `${shown}: ${problem.message} (${problem.code})`
  return warn(name, text, `${problem.hint ?? ''} ${meanwhile}`.trim())
}

function shownAddress({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`.replace(/\/$/, '')
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
