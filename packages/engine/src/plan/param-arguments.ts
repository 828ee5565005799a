import { UsageError } from '../errors.ts'

/**
 * Reads `--params` arguments, each `name=value`. Values are read as YAML scalars and JSON: `50`, `0.1`, `true`, `null`,
 * `"50"` for a text of digits, `[1,2]`, `{"a":1}`; anything else is text. The last one of a name wins.
 *
 * @throws UsageError `INVALID_PARAM_ARGUMENT`
 *
 * @example
 * parseParamArguments(['train.epochs=50', 'seed=7']) // { 'train.epochs': 50, seed: 7 }
 */
export function parseParamArguments(
  argument: readonly string[],
): Readonly<Record<string, unknown>> {
  const values = argument.map((text) => {
    const equals = text.indexOf('=')
    const name = text.slice(0, Math.max(0, equals)).trim()
    if (name !== '') return [name, scalar(text, text.slice(equals + 1))] as const
    throw new UsageError(
      'INVALID_PARAM_ARGUMENT',
      `${JSON.stringify(text)} is not a param: it has no ${equals < 0 ? '"="' : 'name before "="'}.`,
      { hint: 'Write name=value, such as --params train.epochs=50 seed=7.' },
    )
  })
  return Object.fromEntries(values)
}

const constants: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['~', null],
])
// No leading zeros: 007 and the like are identifiers more often than numbers.
const number = /^[-+]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/

function scalar(argument: string, text: string): unknown {
  const trimmed = text.trim()
  if (constants.has(trimmed)) return constants.get(trimmed)
  if (isNumber(trimmed)) return Number(trimmed)
  if (!/^["[{]/.test(trimmed)) return text
  try {
    return JSON.parse(trimmed)
  } catch (cause) {
    throw new UsageError(
      'INVALID_PARAM_ARGUMENT',
      `The value of ${JSON.stringify(argument)} begins like JSON, but is not JSON.`,
      { hint: 'Quote it for your shell: --params \'name={"a": 1}\' or \'name="text"\'.', cause },
    )
  }
}

/** A number that JavaScript keeps exactly as written: a longer integer stays text, as an identifier would. */
function isNumber(text: string): boolean {
  if (!number.test(text)) return false
  return /^[-+]?\d+$/.test(text)
    ? Number.isSafeInteger(Number(text))
    : Number.isFinite(Number(text))
}
