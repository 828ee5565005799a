import { spawn } from 'node:child_process'
import { open } from 'node:fs/promises'

/** A server to start that outlives us: its command, its settings and where its output goes. */
export interface DetachedCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv | undefined
  /** Text for its standard input, for settings that must not show in a list of processes. */
  readonly input?: string
  /** Takes standard output and error; emptied at each start. */
  readonly logFile: string
}

/**
 * Starts it in a session of its own, so that Ctrl-C in our terminal does not reach it, and returns its
 * process id. It does not keep this process alive.
 *
 * @throws the system's error when the command cannot be started.
 */
export async function launchDetached(command: DetachedCommand): Promise<number> {
  const log = await open(command.logFile, 'w', 0o600)
  try {
    const child = spawn(command.command, command.args, {
      cwd: command.cwd,
      env: command.env ?? process.env,
      detached: true,
      stdio: ['pipe', log.fd, log.fd],
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    // EPIPE when it ended before it read its input: the caller sees that it is gone.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(command.input ?? '')
    child.unref()
    if (child.pid === undefined) throw new Error(`${command.command} has no process id`)
    return child.pid
  } finally {
    await log.close()
  }
}
