import { mask } from '../config/known-secrets.ts'
import type { NodeFailure } from './node-failure.ts'

/** What the ledger keeps of a failed attempt, and whether the node's remaining retries apply. */
export interface DescribedFailure {
  readonly failure: NodeFailure
  readonly retryable: boolean
}

const longestCode = 100
const longestMessage = 2000
const longestHint = 1000
const longestStack = 4000
const deepestCause = 8
const refusals: ReadonlySet<string | undefined> = new Set([
  'DATASET_INVALID',
  'DATASET_NOT_ENCODABLE',
  'DATASET_SCHEMA_ONE_WAY',
  'RUN_INPUT_REFUSED',
])

/**
 * Describes anything that was thrown, for the ledger. It never throws itself, whatever getters do, and it takes the
 * thrown value as data: no name or message of a user's error means anything to the engine. Secrets that this process knows
 * are masked.
 *
 * An attempt is not retryable when another one must end the same way: the error says so (`retryable: false`, as
 * `FatalNodeError`), or a dataset was refused for what it is: loaded data does not change between attempts, and a
 * function that makes the wrong shape makes it again.
 */
export function describeFailure(thrown: unknown): DescribedFailure {
  const known = branded(thrown)
  const code = known ? text(thrown, 'code') : undefined
  const hint = known ? text(thrown, 'hint') : undefined
  const stack = text(thrown, 'stack')
  return {
    failure: {
      code: cut(mask(code || errorName(thrown)), longestCode),
      message: cut(mask(messageWithCauses(thrown)), longestMessage),
      ...(hint === undefined ? {} : { hint: cut(mask(hint), longestHint) }),
      ...(stack === undefined ? {} : { stack: cut(mask(stack), longestStack) }),
    },
    retryable: !(known && (read(thrown, 'retryable') === false || refusals.has(code))),
  }
}

/** By the registered symbol, so that an error of another copy of the package counts. */
function branded(thrown: unknown): boolean {
  return read(thrown, Symbol.for('pipewright.error')) === true
}

function errorName(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return 'NotAnError'
  return text(thrown, 'name') || 'Error'
}

function messageWithCauses(thrown: unknown): string {
  const parts = [messageOf(thrown)]
  const seen = new Set<unknown>([thrown])
  let cause = read(thrown, 'cause')
  while (cause !== undefined && cause !== null && !seen.has(cause) && seen.size <= deepestCause) {
    seen.add(cause)
    const message = messageOf(cause)
    // Wrappers often repeat what they wrap.
    if (!parts.some((part) => part.includes(message))) parts.push(message)
    cause = read(cause, 'cause')
  }
  return parts.join(' Caused by: ')
}

function messageOf(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null) {
    const message = text(thrown, 'message')
    if (message) return message
    return text(thrown, 'name') ?? json(thrown)
  }
  try {
    return String(thrown)
  } catch {
    return `a ${typeof thrown}`
  }
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'an object'
  } catch {
    return 'an object that cannot be written as JSON'
  }
}

/** A text property, or undefined when it is not there, is no text, or its getter throws. */
function text(value: unknown, key: string): string | undefined {
  const found = read(value, key)
  return typeof found === 'string' ? found : undefined
}

function read(value: unknown, key: string | symbol): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  try {
    return Reflect.get(value, key)
  } catch {
    return undefined
  }
}

/** Cuts in the middle of nothing: a pair of surrogates is never parted, so the text stays valid UTF-8. */
function cut(value: string, longest: number): string {
  if (value.length <= longest) return value
  const end = value.slice(0, longest - 1)
  return `${/[\uD800-\uDBFF]$/.test(end) ? end.slice(0, -1) : end}…`
}
