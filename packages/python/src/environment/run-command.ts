import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const TAIL_LINES = 40

/** How a command is run. */
export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv | undefined
  readonly signal?: AbortSignal | undefined
  /** Called with each line that it writes to standard output or error. */
  readonly onLine?: ((line: string) => void) | undefined
}

/** How a command ended. */
export interface CommandResult {
  /** `null` when it could not be started or was ended by a signal. */
  readonly exitCode: number | null
  /** The last lines that it wrote, standard output and error together. */
  readonly output: string
}

/**
 * Runs a command to its end without input; never throws for what the command does.
 *
 * @throws the signal's reason when it aborts; the command is ended.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  { env, signal, onLine }: CommandOptions = {},
): Promise<CommandResult> {
  signal?.throwIfAborted()
  const child = spawn(command, args, {
    env: env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  })
  const tail: string[] = []
  const collect = (line: string): void => {
    tail.push(line)
    if (tail.length > TAIL_LINES) tail.shift()
    onLine?.(line)
  }
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', collect)
  }
  const exitCode = await new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      collect(error.message)
      if (child.pid === undefined) resolve(null)
    })
    child.once('close', resolve)
  })
  signal?.throwIfAborted()
  return { exitCode, output: tail.join('\n') }
}
