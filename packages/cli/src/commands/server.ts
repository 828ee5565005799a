import type { Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { portNumber } from '../options/amount.ts'
import { commaList } from '../options/comma-list.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { addProjectOptions } from '../options/project-options.ts'

/** `pipewright server [token]` */
export const server: CommandFile = (command: Command, setExitCode) => {
  command.description(
    'Answers HTTP requests to enqueue, watch and steer runs until SIGINT or SIGTERM; what was begun is answered first. It needs Redis and no code of the project. Its OpenAPI document is at /openapi.json.',
  )
  command
    .option('--host <address>', 'address to listen on (default: 127.0.0.1); any other needs tokens')
    .option('-p, --port <number>', 'port to listen on, 0 for any (default: 5002)', portNumber)
    .option(
      '--allow-host <names>',
      'hosts that requests may name, beside those of the address: pipelines.example.org',
      commaList,
    )
  addOutputOptions(addProjectOptions(command), 'log as JSON lines also on a terminal')
  command.action(async () => {
    const { serveApi } = await import('../actions/server.ts')
    setExitCode(await serveApi(command.opts()))
  })
  command
    .command('token')
    .description('Makes a token and prints it, once; below it what configuration keeps of it.')
    .action(async () => {
      const { printToken } = await import('../actions/server.ts')
      setExitCode(await printToken())
    })
}
