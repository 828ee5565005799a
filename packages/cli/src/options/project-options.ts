import type { Command } from 'commander'

/** Which project, configuration and Redis a command works on. */
export interface ProjectOptions {
  readonly env?: string
  readonly redis?: string
}

/** Adds `--env` and `--redis`. */
export function addProjectOptions(command: Command): Command {
  return addEnvironmentOption(command).option(
    '--redis <url>',
    'Redis to use, before REDIS_URL and pipewright.yml',
  )
}

/** Adds `--env`, for a command that needs no Redis. */
export function addEnvironmentOption(command: Command): Command {
  return command.option(
    '-e, --env <name>',
    'folder of conf that lies over conf/base (default: local)',
  )
}
