import { findPython } from '@pipewright/python/environment'

import { exitCodes } from '../exit-code.ts'
import { fail, ok, warn, type Check } from './check.ts'

const oldestNode = [22, 18] as const

/** The version of Node. */
export function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isRecent = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])
  if (isRecent) return ok('Node', process.version)
  const wanted = oldestNode.join('.')
  return fail(
    'Node',
    exitCodes.infrastructure,
    `${process.version} does not run TypeScript as it is`,
    `Install Node ${wanted} or newer.`,
  )
}

/** A Python for embedded services; runs themselves need none. */
export async function checkPython(): Promise<Check> {
  const python = await findPython()
  if (python !== undefined) return ok('Python', python)
  return warn(
    'Python',
    'there is no Python 3.10 or newer on PATH',
    'Install one with its venv module for the embedded MLflow and Redis, or set MLFLOW_TRACKING_URI and REDIS_URL.',
  )
}
