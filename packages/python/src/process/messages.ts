import type { LogLevel, Metric } from '@pipewright/engine/isolate'
import * as z from 'zod'

/** What an argument's annotation asks for. `value`: the plain value, as JSON has it. */
export type ArgumentKind = 'value' | 'pandas' | 'polars' | 'arrow' | 'path' | 'bytes'

/** A dataset's value on its way to Python: a small JSON text, or a file. */
export type GivenArgument =
  | { readonly format: 'json'; readonly text: string; readonly columns?: readonly string[] }
  | {
      readonly format: 'json' | 'bytes' | 'text' | 'parquet' | 'arrow'
      readonly path: string
      readonly columns?: readonly string[]
    }

/** A function of a module, and the folder from which the module is imported. */
export interface FunctionPlace {
  readonly folder: string
  readonly module: string
  readonly function: string
}

/** Everything that one call of a function needs. */
export interface PythonCall extends FunctionPlace {
  readonly arguments: Readonly<Record<string, GivenArgument>>
  readonly params: Readonly<Record<string, unknown>>
  /** Keys of the dict that the function returns. */
  readonly outputs: readonly string[]
  readonly context: {
    readonly runId: string
    readonly node: string
    readonly attempt: number
    readonly idempotencyKey: string
    /** Address of MLflow, for a function that logs there by itself. */
    readonly trackingUri: string | undefined
  }
}

/** To a Python process. `mark` is printed on its standard output and error when everything before it has been. */
export type ToPython =
  | ({ readonly type: 'load'; readonly id: number; readonly mark: string } & FunctionPlace)
  | ({ readonly type: 'call'; readonly id: number; readonly mark: string } & PythonCall)
  | { readonly type: 'cancel'; readonly id: number }

/** What the signature of a function says. */
export interface FunctionDescription {
  /** Every parameter that can be given by its name. */
  readonly kinds: Readonly<Record<string, ArgumentKind>>
  /** Those without a default. */
  readonly required: readonly string[]
  /** True when it takes any further names (`**kwargs`). */
  readonly open: boolean
  /** Parameters without a default that cannot be given by their names. */
  readonly positional: readonly string[]
}

/** An output as Python left it. */
export type MadeOutput =
  | { readonly format: 'json'; readonly text: string }
  | { readonly format: 'json' | 'bytes'; readonly path: string }

/** What a Python process says of an exception. */
export interface PythonFailure {
  readonly code:
    | 'PYTHON_EXCEPTION'
    | 'PYTHON_OUT_OF_MEMORY'
    | 'PYTHON_FUNCTION_NOT_FOUND'
    | 'PYTHON_ARGUMENT_UNFIT'
    | 'PYTHON_OUTPUT_UNFIT'
  /** Name of its class. */
  readonly name: string
  readonly message: string
  readonly traceback: string
  readonly retryable: boolean
}

/** From a Python process. */
export type FromPython =
  | { readonly type: 'ready'; readonly version: string }
  | { readonly type: 'loaded'; readonly id: number; readonly description: FunctionDescription }
  | {
      readonly type: 'metric'
      readonly id: number
      readonly key: string
      readonly value: Metric[1]
      readonly step: number
    }
  | {
      readonly type: 'log'
      readonly id: number
      readonly level: LogLevel
      readonly message: string
      readonly fields: Readonly<Record<string, unknown>>
    }
  | {
      readonly type: 'result'
      readonly id: number
      readonly outputs: Readonly<Record<string, MadeOutput>>
    }
  | { readonly type: 'failed'; readonly id: number; readonly error: PythonFailure }

const id = z.int().nonnegative()
const Kind = z.enum(['value', 'pandas', 'polars', 'arrow', 'path', 'bytes'])

export const FromPython: z.ZodType<FromPython> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), version: z.string() }),
  z.object({
    type: z.literal('loaded'),
    id,
    description: z.object({
      kinds: z.record(z.string(), Kind),
      required: z.array(z.string()),
      open: z.boolean(),
      positional: z.array(z.string()),
    }),
  }),
  z.object({
    type: z.literal('metric'),
    id,
    key: z.string(),
    value: z.union([z.number(), z.literal(['NaN', 'Infinity', '-Infinity'])]),
    step: z.number(),
  }),
  z.object({
    type: z.literal('log'),
    id,
    level: z.enum(['debug', 'info', 'warn', 'error']),
    message: z.string(),
    fields: z.record(z.string(), z.unknown()),
  }),
  z.object({
    type: z.literal('result'),
    id,
    outputs: z.record(
      z.string(),
      z.union([
        z.object({ format: z.literal('json'), text: z.string() }),
        z.object({ format: z.enum(['json', 'bytes']), path: z.string() }),
      ]),
    ),
  }),
  z.object({
    type: z.literal('failed'),
    id,
    error: z.object({
      code: z.enum([
        'PYTHON_EXCEPTION',
        'PYTHON_OUT_OF_MEMORY',
        'PYTHON_FUNCTION_NOT_FOUND',
        'PYTHON_ARGUMENT_UNFIT',
        'PYTHON_OUTPUT_UNFIT',
      ]),
      name: z.string(),
      message: z.string(),
      traceback: z.string(),
      retryable: z.boolean(),
    }),
  }),
])
