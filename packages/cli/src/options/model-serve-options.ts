import { UsageError } from '@pipewright/engine'
import { Option, type Command } from 'commander'

import { duration, portNumber, wholeNumber } from './amount.ts'
import { commaList } from './comma-list.ts'
import { keyValues } from './key-values.ts'

/** How a model is served. */
export interface ModelServeOptions {
  readonly host?: string
  readonly port?: number
  readonly canary?: readonly string[]
  readonly shadow?: string
  readonly keyHeader?: string
  readonly bound?: readonly string[]
  /** False with `--no-rollback`. */
  readonly rollback: boolean
  readonly keepAliases?: boolean
  readonly window?: number
  readonly minRequests?: number
  readonly probation?: number
  readonly poll?: number
  readonly threads?: number
  readonly timeout?: number
  readonly trialTimeout?: number
  readonly flavor?: 'pipewright' | 'onnx' | 'python_function'
  readonly python?: string
  readonly envManager?: 'local' | 'virtualenv' | 'uv' | 'conda'
  readonly pythonWorkers?: number
}

/** Adds the options of `models serve`. */
export function addModelServeOptions(command: Command): Command {
  return command
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('-p, --port <number>', 'port to listen on, 0 for any (default: 5001)', portNumber)
    .option(
      '--canary <shares>',
      'aliases beside it and their percentages: challenger=10',
      commaList,
    )
    .option('--shadow <share>', 'alias that gets copies of requests, and how many: next=50')
    .option(
      '--key-header <name>',
      'header whose value stays with one version (default: x-pipewright-key)',
    )
    .option(
      '--bound <bounds>',
      'what takes a version on trial back (default: "error_rate>5%")',
      commaList,
    )
    .option('--no-rollback', 'never take a version back')
    .option('--keep-aliases', 'a rollback leaves the aliases in the registry as they are')
    .option('--window <duration>', 'how far bounds look back (default: 60s)', duration)
    .option('--min-requests <number>', 'no bound is crossed by fewer (default: 20)', wholeNumber)
    .option(
      '--probation <duration>',
      'how long the replaced version is kept (default: 5m)',
      duration,
    )
    .option(
      '--trial-timeout <duration>',
      'how long a version on trial may take before the proven one answers (default: 5s)',
      duration,
    )
    .option('--poll <duration>', 'between two looks at the aliases (default: 5s)', duration)
    .option('--threads <number>', 'threads of each version (default: one a core)', wholeNumber)
    .option('--timeout <duration>', 'longest time of an answer (default: 60s)', duration)
    .addOption(
      new Option('--flavor <name>', 'flavor to serve (default: the first the model has)').choices([
        'pipewright',
        'onnx',
        'python_function',
      ]),
    )
    .option(
      '--python <program>',
      'Python with mlflow, for models that need it (default: PIPEWRIGHT_PYTHON, else the project’s)',
    )
    .addOption(
      new Option(
        '--env-manager <name>',
        'where such a model’s own packages go (default: local)',
      ).choices(['local', 'virtualenv', 'uv', 'conda']),
    )
    .option('--python-workers <number>', 'processes of such a model (default: 1)', wholeNumber)
}

/**
 * `alias=10` or `alias=10%` as an alias and a share of 0.1.
 *
 * @throws UsageError `INVALID_OPTION_VALUE`
 */
export function sharesOf(
  option: string,
  texts: readonly string[],
): readonly { readonly alias: string; readonly share: number }[] {
  return Object.entries(keyValues(option, '=', texts)).map(([alias, text]) => {
    const percent = Number(text.replace(/%$/, ''))
    if (percent >= 0 && percent <= 100) return { alias, share: percent / 100 }
    throw new UsageError('INVALID_OPTION_VALUE', `${option} ${alias}=${text} is no percentage.`, {
      hint: `Write ${option} ${alias}=10 for 10 % of the requests.`,
    })
  })
}
