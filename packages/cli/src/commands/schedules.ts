import { InvalidArgumentError, type Command } from 'commander'

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
      'Lets the workers run the slots of a time in the past, in order. Slots that have had a run are not run again.',
    )
    .argument('<name>', 'schedule')
    .requiredOption(
      '--from <time>',
      'the first slot may be at it: 2015-01-01, or with time and zone',
      time,
    )
    .requiredOption('--to <time>', 'the last slot is before it', time)
    .option('--max-parallel <number>', 'runs that go on at a time (default: 1)', wholeNumber)
  addOptions(backfill, 'one JSON object')
  backfill.action(async (name: string) => {
    const { backfillSchedule } = await import('../actions/schedules.ts')
    setExitCode(await backfillSchedule(name, backfill.opts()))
  })
}

function addOptions(command: Command, json: string): void {
  addOutputOptions(addProjectOptions(command), json)
}

/** A date in UTC, or a time with its zone, for commander. */
function time(text: string): Date {
  const isMeant = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.test(
    text,
  )
  const date = new Date(text)
  if (isMeant && !Number.isNaN(date.getTime())) return date
  throw new InvalidArgumentError(
    'It must be a date, or a time with its zone: 2015-01-31T06:00:00Z.',
  )
}
