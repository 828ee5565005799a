import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const repository = join(import.meta.dirname, '..', '..')

/** The project of the demo: every command runs in its folder. */
const project = join(repository, 'examples/weather')

/** Starts a `pipewright` command as a user would; the Redis goes through the environment, for its address has a password. */
function start(redis: string, args: readonly string[]): ChildProcess {
  const main = join(repository, 'packages/cli/src/main.ts')
  return spawn(process.execPath, ['--conditions=@pipewright/source', main, ...args], {
    cwd: project,
    env: { ...process.env, REDIS_URL: redis },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs a command to its end and gives what it prints. */
export async function run(redis: string, args: readonly string[]): Promise<string> {
  const child = start(redis, args)
  const output: string[] = []
  const errors: string[] = []
  child.stdout?.setEncoding('utf8').on('data', (text: string) => output.push(text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => errors.push(text))
  const [code]: unknown[] = await once(child, 'close')
  if (code === 0) return output.join('').trim()
  throw new Error(`pipewright ${args[0]} ended with exit code ${String(code)}:\n${errors.join('')}`)
}

/** A worker in a process of its own. */
export interface DemoWorker {
  readonly name: string
  readonly pid: number
  /** Ends the process with this signal and waits for its end. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
}

/** Starts `pipewright worker` with its default settings, and waits until it serves. */
export async function startWorker(redis: string, name: string): Promise<DemoWorker> {
  const child = start(redis, ['worker', '--name', name])
  const ended = once(child, 'exit')
  // Read and dropped, or the pipe would fill up.
  child.stdout?.resume()
  const lines: string[] = []
  await new Promise<void>((resolve, reject) => {
    if (child.stderr === null) return
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line)
      if (line.startsWith(`worker ${name} serves`)) resolve()
    })
    void ended.then(() => reject(new Error(`worker ${name} has ended:\n${lines.join('\n')}`)))
  })
  return {
    name,
    pid: child.pid ?? -1,
    async end(signal) {
      child.kill(signal)
      await ended
    },
  }
}
