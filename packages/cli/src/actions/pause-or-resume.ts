import type { Client, Pausable } from '@pipewright/engine/client'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { ProjectOptions } from '../options/project-options.ts'
import { withClient } from '../services/with-client.ts'
import { print, printJson } from '../terminal/output.ts'

type PauseOptions = ProjectOptions & OutputOptions & { readonly queues?: readonly string[] }

/** `pause` and `unpause`: what is paused afterwards. */
export async function pauseOrResume(
  word: 'pause' | 'unpause',
  pipelines: readonly string[],
  options: PauseOptions,
): Promise<ExitCode> {
  const all: readonly Pausable[] = [
    ...pipelines.map((pipeline) => ({ pipeline })),
    ...(options.queues ?? []).map((queue) => ({ queue })),
  ]
  const paused = await withClient(options, async ({ client }) => {
    for (const each of all) await change(client, word, each)
    return client.paused()
  })
  const { queues = [], pipelines: held = [] } = paused ?? {}
  if (options.json === true) printJson({ type: 'paused', queues, pipelines: held })
  else if (queues.length + held.length === 0) print('Nothing is paused.')
  else {
    for (const name of held) print(`pipeline ${name} is paused`)
    for (const name of queues) print(`queue ${name} is paused`)
  }
  return exitCodes.succeeded
}

async function change(client: Client, word: 'pause' | 'unpause', what: Pausable): Promise<void> {
  await (word === 'pause' ? client.pause(what) : client.resume(what))
}
