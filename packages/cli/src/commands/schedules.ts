import { InvalidArgumentError, type Command } from 'commander'

import type { BackfillOptions } from '../actions/schedules.ts'
import type { CommandFile } from '../command-file.ts'
import { wholeNumber } from '../options/amount.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { addProjectOptions } from '../options/project-options.ts'

/** `pipewright schedules list|trigger|pause|resume|backfill` */
export const schedules: CommandFile = (command: Command, setExitCode) => {
  command.description(
    'Schedules of conf/base/schedules.yml and of services, which workers fire: what comes next, and what goes on.',
  )
  addList(command, setExitCode)
  addTrigger(command, setExitCode)
  addPauseAndResume(command, setExitCode)
  addBackfill(command, setExitCode)
}

const addList: CommandFile = (command, setExitCode) => {
  const list = command
    .command('list', { isDefault: true })
    .description('Lists schedules with their next five times.')
  addOptions(list, 'one JSON object a schedule')
  list.action(async () => {
    const { listSchedules } = await import('../actions/schedules.ts')
    setExitCode(await listSchedules(list.opts()))
  })
}

const addTrigger: CommandFile = (command, setExitCode) => {
  const trigger = command
    .command('trigger')
    .description(
      'Enqueues a run of a schedule now, whatever goes on and whether or not it is paused, and prints its id.',
    )
    .argument('<name>', 'schedule')
  addOptions(trigger, 'one JSON object')
  trigger.action(async (name: string) => {
    const { triggerSchedule } = await import('../actions/schedules.ts')
    setExitCode(await triggerSchedule(name, trigger.opts()))
  })
}

const addPauseAndResume: CommandFile = (command, setExitCode) => {
  const words = {
    pause: 'Lets schedules fire nothing, and begin nothing that waits; what runs goes on.',
    resume: 'Undoes pause. Slots of the time in between are not caught up: backfill does that.',
  }
  for (const word of ['pause', 'resume'] as const) {
    const change = command
      .command(word)
      .description(words[word])
      .argument('<names...>', 'schedules')
    addOptions(change, 'one JSON object a schedule')
    change.action(async (names: readonly string[]) => {
      const { pauseOrResumeSchedules } = await import('../actions/schedules.ts')
      setExitCode(await pauseOrResumeSchedules(word, names, change.opts()))
    })
  }
}

const addBackfill: CommandFile = (command, setExitCode) => {
  const backfill = command
    .command('backfill')
    .description(
      'Lets the workers run the slots of a time in the past, in order. Slots that have had a run are not run again. Dates begin when they begin in the time zone of the schedule.',
    )
    .argument('<name>', 'schedule')
    .requiredOption(
      '--from <time>',
      'the first slot may be at it: 2015-01-01, or with time and zone',
      time,
    )
    .requiredOption('--to <time>', 'the last slot is before it', time)
    .option('--max-parallel <number>', 'runs that go on at a time (default: 1)', wholeNumber)
    .option(
      '--work',
      'run them in this process and wait for the last; Redis and MLflow are found or started as for "run"',
    )
    .option('--no-mlflow', 'with --work: do not record the runs now')
  addOptions(backfill, 'one JSON object')
  backfill.action(async (name: string) => {
    const options = backfill.opts<BackfillOptions & { work?: boolean }>()
    if (options.work === true) {
      const { workBackfill } = await import('../actions/work-backfill.ts')
      return setExitCode(await workBackfill(name, options))
    }
    const { backfillSchedule } = await import('../actions/schedules.ts')
    setExitCode(await backfillSchedule(name, options))
  })
}

function addOptions(command: Command, json: string): void {
  addOutputOptions(addProjectOptions(command), json)
}

/** A date, or a time with its zone, for commander. */
function time(text: string): string {
  const isMeant =
    /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text)
  if (isMeant && !Number.isNaN(Date.parse(text))) return text
  throw new InvalidArgumentError(
    'It must be a date, or a time with its zone: 2015-01-31T06:00:00Z.',
  )
}
