import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { dirname, delimiter, join } from 'node:path'

import { pythonProgram } from 'pipewright/embedded'

import { freePort } from '../free-port.ts'

/** A server of the model, as a process of its own. */
export interface ServedProcess {
  readonly name: string
  readonly port: number
  stop(): Promise<void>
}

const command = join(import.meta.dirname, '../../../packages/cli/bin/pipewright.mjs')

/** `mlflow models serve`, as anybody would start it. */
export async function startStock(
  environment: string,
  model: string,
  workers: number,
): Promise<ServedProcess> {
  const port = await freePort()
  const mlflow = pythonProgram(environment, 'mlflow')
  const { PYTHONDONTWRITEBYTECODE: _, PATH = '', ...rest } = process.env
  const child = spawn(
    mlflow,
    [
      'models',
      'serve',
      '-m',
      model,
      '-p',
      String(port),
      '--env-manager',
      'local',
      '--workers',
      String(workers),
    ],
    {
      stdio: ['ignore', 'ignore', 'ignore'],
      env: { ...rest, PATH: `${dirname(mlflow)}${delimiter}${PATH}` },
      detached: true,
    },
  )
  return ready(`mlflow models serve --workers ${workers}`, port, child)
}

/** `pipewright models serve`, as anybody would start it. */
export async function startOurs(model: string): Promise<ServedProcess> {
  const port = await freePort()
  const child = spawn(
    process.execPath,
    [...process.execArgv, command, 'models', 'serve', model, '--port', String(port)],
    {
      // Where onnxruntime-node is installed, as it is in a user's project.
      cwd: join(import.meta.dirname, '../../../packages/serving'),
      stdio: ['ignore', 2, 2],
      detached: true,
    },
  )
  return ready('pipewright models serve', port, child)
}

async function ready(name: string, port: number, child: ChildProcess): Promise<ServedProcess> {
  const exited = once(child, 'exit')
  let isOver = false
  void exited.then(() => {
    isOver = true
    return isOver
  })
  const stop = async (): Promise<void> => {
    if (child.pid !== undefined && !isOver) process.kill(-child.pid, 'SIGTERM')
    await exited
  }
  for (;;) {
    if (isOver) throw new Error(`${name} ended before it was ready.`)
    try {
      const { ok } = await fetch(`http://127.0.0.1:${port}/ping`)
      if (ok) return { name, port, stop }
    } catch {
      // It does not listen yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
