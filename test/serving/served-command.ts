import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const main = join(import.meta.dirname, '../../packages/cli/src/main.ts')

/** `pipewright models serve` as a process of its own, on any port. */
export class ServedCommand {
  readonly url: string
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown[]>

  private constructor(url: string, child: ChildProcess, ended: Promise<unknown[]>) {
    this.url = url
    this.#child = child
    this.#ended = ended
  }

  /** Starts it in a folder, which need not be a project, and waits until it serves. */
  static async start(folder: string, model: string): Promise<ServedCommand> {
    const options = ['--conditions=@pipewright/source', main, 'models', 'serve', model]
    const child = spawn(process.execPath, [...options, '--port', '0', '--threads', '1'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const ended = once(child, 'exit')
    const said: string[] = []
    for await (const line of createInterface({ input: child.stderr })) {
      said.push(line)
      const url = /^serves \S+ at (?<url>\S+)\/invocations$/.exec(line)?.groups?.['url']
      if (url !== undefined) return new ServedCommand(url, child, ended)
    }
    throw new Error(`The command ended: ${said.join('\n')}`)
  }

  /** Sends SIGTERM; its exit code and signal. */
  async end(): Promise<readonly unknown[]> {
    this.#child.kill('SIGTERM')
    return this.#ended
  }
}
