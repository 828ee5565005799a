import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { measured } from './shapes.ts'

/** What the command was asked for. */
export interface Options {
  readonly help: boolean
  readonly json: boolean
  /** What to measure: all against the bare queue, single parts of a node run, instructions of the server,
   * the price of strict durability, what recording in MLflow costs, serving beside MLflow's own server, datasets, or many runs
   * and many workers. */
  readonly mode:
    | 'compare'
    | 'parts'
    | 'instructions'
    | 'durability'
    | 'recording'
    | 'serving'
    | 'datasets'
    | 'scale'
  /** Counted pairs; one more is run first and discarded. */
  readonly pairs: number
  readonly shapes: readonly string[]
  readonly concurrencies: readonly number[]
  /** Folder for CPU profiles of the worker processes; undefined for none. */
  readonly profile: string | undefined
  /** Measure recording beside kedro-mlflow too. */
  readonly kedro: boolean
}

export const help = `npm run bench -- [options]

  --quick           concurrency 32 only and few pairs: under a minute
  --reps N          pairs that count, after a first one that is discarded (default 10)
  --shapes a,b      of ${Object.keys(measured).join(', ')} (default all)
  --concurrency a,b (default 1,8,32,100)
  --profile FOLDER  keep a CPU profile of each worker process
  --json            one JSON object on standard output, the table on standard error
  --parts           what each part of a node run costs, submit latency, longest scripts
  --durability      enqueue and nodes/s of default and strict durability, on appendfsync everysec and always
  --recording       recording in MLflow beside a plain loop of the same calls, and beside kedro-mlflow (default 5 pairs)
  --serving         an ONNX model served by MLflow's own server and by ours (default 5 pairs; installs ONNX, 700 MB)
  --datasets        a million rows by the library and as a dataset; streams of a gigabyte (default 3 pairs)
  --scale           enqueues, two workers against one, twenty workers, a short run behind a large one (default 5 pairs)
  --no-kedro        with --recording: without kedro-mlflow, which has to be installed (700 MB)
  --instructions    instructions of the Redis server per node, counted by valgrind (must be installed)`

const modes = [
  'instructions',
  'parts',
  'durability',
  'recording',
  'serving',
  'datasets',
  'scale',
] as const

/** Pairs where nobody says how many. */
const usualPairs: Readonly<Record<Options['mode'], string>> = {
  compare: '10',
  instructions: '10',
  parts: '10',
  durability: '10',
  recording: '5',
  serving: '5',
  datasets: '3',
  scale: '5',
}

/** @throws TypeError for an option that is not known or has a wrong value. */
export function parseOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      help: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      parts: { type: 'boolean', default: false },
      instructions: { type: 'boolean', default: false },
      durability: { type: 'boolean', default: false },
      recording: { type: 'boolean', default: false },
      serving: { type: 'boolean', default: false },
      datasets: { type: 'boolean', default: false },
      scale: { type: 'boolean', default: false },
      'no-kedro': { type: 'boolean', default: false },
      reps: { type: 'string' },
      shapes: { type: 'string' },
      concurrency: { type: 'string' },
      profile: { type: 'string' },
    },
  })
  const { help, json, quick } = values
  const mode = modes.find((each) => values[each]) ?? 'compare'
  return {
    help,
    json,
    mode,
    pairs: positive('--reps', values.reps ?? (quick ? '3' : usualPairs[mode])),
    shapes: (values.shapes?.split(',') ?? Object.keys(measured)).map(knownShape),
    concurrencies: (values.concurrency ?? (quick ? '32' : '1,8,32,100'))
      .split(',')
      .map((text) => positive('--concurrency', text)),
    profile: values.profile === undefined ? undefined : resolve(values.profile),
    kedro: !values['no-kedro'],
  }
}

function positive(option: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new TypeError(`${option} takes whole numbers from 1, not "${text}".`)
}

function knownShape(name: string): string {
  if (Object.hasOwn(measured, name)) return name
  throw new TypeError(
    `There is no shape "${name}". There are: ${Object.keys(measured).join(', ')}.`,
  )
}
