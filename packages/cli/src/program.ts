import { Command } from 'commander'

import type { CommandFile } from './command-file.ts'
import { version } from './own-version.ts'

interface Entry {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<CommandFile>
}

/** Every command. A file is loaded when its command is called, so that `--help` stays quick whatever the others import. */
const entries: readonly Entry[] = [
  {
    name: 'init',
    summary: 'make a small project that runs',
    load: async () => (await import('./commands/init.ts')).init,
  },
  {
    name: 'run',
    summary: 'run a pipeline here and wait for its end',
    load: async () => (await import('./commands/run.ts')).run,
  },
  {
    name: 'enqueue',
    summary: 'hand a run to the workers and print its id',
    load: async () => (await import('./commands/enqueue.ts')).enqueue,
  },
  {
    name: 'worker',
    summary: 'run nodes of enqueued runs until stopped',
    load: async () => (await import('./commands/worker.ts')).worker,
  },
  {
    name: 'adapter',
    summary: 'record runs in MLflow until stopped',
    load: async () => (await import('./commands/adapter.ts')).adapter,
  },
  {
    name: 'server',
    summary: 'answer HTTP requests to enqueue, watch and steer runs until stopped',
    load: async () => (await import('./commands/server.ts')).server,
  },
  {
    name: 'runs',
    summary: 'list, show and cancel runs',
    load: async () => (await import('./commands/runs.ts')).runs,
  },
  {
    name: 'why',
    summary: 'say exactly why a run or a node does not move',
    load: async () => (await import('./commands/why.ts')).why,
  },
  {
    name: 'resume',
    summary: 'go on with a run that has ended, keeping what it has committed',
    load: async () => (await import('./commands/resume.ts')).resume,
  },
  {
    name: 'diff',
    summary: 'say what differs between two runs, node by node',
    load: async () => (await import('./commands/diff.ts')).diff,
  },
  {
    name: 'lineage',
    summary: 'show what a dataset or a model was made from and what became of it',
    load: async () => (await import('./commands/lineage.ts')).lineage,
  },
  {
    name: 'pause',
    summary: 'keep pipelines from beginning or queues from workers',
    load: async () => (await import('./commands/pause.ts')).pause,
  },
  {
    name: 'unpause',
    summary: 'let them go on',
    load: async () => (await import('./commands/pause.ts')).unpause,
  },
  {
    name: 'schedules',
    summary: 'list, trigger, pause, resume and backfill schedules',
    load: async () => (await import('./commands/schedules.ts')).schedules,
  },
  {
    name: 'workers',
    summary: 'list workers, their queues and what they run',
    load: async () => (await import('./commands/workers.ts')).workers,
  },
  {
    name: 'prune',
    summary: 'remove ended runs with all that belongs to them',
    load: async () => (await import('./commands/prune.ts')).prune,
  },
  {
    name: 'mlflow',
    summary: 'remove artifacts in MLflow that the rules no longer keep',
    load: async () => (await import('./commands/mlflow.ts')).mlflow,
  },
  {
    name: 'models',
    summary: 'list, promote, roll back and compare registered models',
    load: async () => (await import('./commands/models.ts')).models,
  },
  {
    name: 'dev',
    summary: 'Redis, MLflow, adapter and a worker for a laptop, until stopped',
    load: async () => (await import('./commands/dev.ts')).dev,
  },
  {
    name: 'pipelines',
    summary: 'list and describe the pipelines of the project',
    load: async () => (await import('./commands/pipelines.ts')).pipelines,
  },
  {
    name: 'catalog',
    summary: 'list, describe, resolve and preview datasets',
    load: async () => (await import('./commands/catalog.ts')).catalog,
  },
  {
    name: 'kedro',
    summary: 'run pipelines of Kedro projects as they are',
    load: async () => (await import('./commands/kedro.ts')).kedro,
  },
  {
    name: 'doctor',
    summary: 'check Node, Redis, MLflow, the store and the project',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
]

/** Called by a command with the exit code that it wants. */
export type SetExitCode = (code: number) => void

/** The program with the command that `argv` names, complete, and the others by name and summary. */
export async function buildProgram(
  argv: readonly string[],
  setExitCode: SetExitCode,
): Promise<Command> {
  const program = new Command('pipewright')
    .description('Machine-learning and data pipelines on BullMQ, recorded in MLflow.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help of a command')
    .exitOverride()
    .showHelpAfterError(false)
    .configureOutput({ outputError: (text, write) => write(usageText(text, argv)) })
    .addHelpText('after', `\n${footer}`)
  const wanted = namedCommand(argv)
  for (const entry of entries) {
    if (entry.name !== wanted) {
      program.command(entry.name).summary(entry.summary).description(entry.summary)
      continue
    }
    const declare = await entry.load()
    const command = program.command(entry.name).summary(entry.summary)
    declare(command, setExitCode)
  }
  return program
}

const footer = `Exit codes: 0 succeeded, 1 run failed, 2 usage, 3 configuration, 4 infrastructure, 130 interrupted.
Each error has a code and a page: docs/errors/<CODE>.md.

Start here:
  $ pipewright init my-project
  $ pipewright run training --params train.epochs=50`

/** `run` in `run training`, `run` in `help run`. */
function namedCommand(argv: readonly string[]): string | undefined {
  const words = argv.filter((word) => !word.startsWith('-'))
  return words[0] === 'help' ? words[1] : words[0]
}

function usageText(text: string, argv: readonly string[]): string {
  const name = entries.find((entry) => entry.name === namedCommand(argv))?.name
  const help = name === undefined ? 'pipewright --help' : `pipewright ${name} --help`
  return `${text.trimEnd()}\n  See "${help}".\n`
}
