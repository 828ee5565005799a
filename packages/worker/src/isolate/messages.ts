import {
  CatalogRead,
  DatasetReference,
  Metric,
  NodeFailure,
  RunInputs,
  type LogLevel,
} from '@pipewright/engine/isolate'
import * as z from 'zod'

import type { AttemptRequest, AttemptResult } from './isolate.ts'

/** Why an attempt is aborted, as it crosses to another thread or process. */
export interface AbortReason {
  readonly name: string
  readonly message: string
  /** Of a PipewrightError. */
  readonly code?: string | undefined
  readonly hint?: string | undefined
  readonly retryable?: boolean | undefined
}

/** From the claiming thread to an isolate. `id` counts the attempts given to that thread or process from 0. */
export type ToIsolate =
  | { readonly type: 'run'; readonly id: number; readonly request: AttemptRequest }
  | { readonly type: 'abort'; readonly id: number; readonly reason: AbortReason }
  /** Answered with a `pong` as soon as the isolate's event loop turns. */
  | { readonly type: 'ping' }

/** From an isolate to the claiming thread. */
export type FromIsolate =
  /** The project is loaded. */
  | { readonly type: 'ready' }
  /** The project cannot be loaded. */
  | { readonly type: 'refused'; readonly failure: NodeFailure }
  /** The body of an attempt that asked for it begins. */
  | { readonly type: 'begun'; readonly id: number }
  | { readonly type: 'result'; readonly id: number; readonly result: AttemptResult }
  | { readonly type: 'metrics'; readonly id: number; readonly metrics: readonly Metric[] }
  | {
      readonly type: 'log'
      /** Undefined for output that no attempt can be named for. */
      readonly id?: number | undefined
      readonly level: LogLevel
      readonly message: string
      readonly fields: Readonly<Record<string, unknown>>
    }
  | { readonly type: 'pong' }
  /** Sent just before the isolate ends because of user code; `id` is the attempt that did it, when known. */
  | {
      readonly type: 'crashing'
      readonly id?: number | undefined
      readonly cause: string
      readonly stack?: string | undefined
    }

const AttemptRequestMessage: z.ZodType<AttemptRequest> = z.object({
  runId: z.string(),
  pipeline: z.string(),
  node: z.string(),
  instance: z.string(),
  attempt: z.int(),
  start: z.string().optional(),
  params: z.record(z.string(), z.unknown()),
  announce: z.boolean().optional(),
  inputs: z.record(z.string(), DatasetReference),
  missing: z.array(z.string()).optional(),
  given: RunInputs.optional(),
  runtimeParams: z.record(z.string(), z.unknown()).optional(),
})

const AttemptResultMessage: z.ZodType<AttemptResult> = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('succeeded'),
    outputs: z.array(DatasetReference),
    reads: z.array(CatalogRead).optional(),
    checkpoints: z.record(z.string(), z.string()).optional(),
    choice: z.array(z.string()).optional(),
  }),
  z.object({
    type: z.literal('failed'),
    failure: NodeFailure,
    retryable: z.boolean(),
    reads: z.array(CatalogRead).optional(),
  }),
  z.object({ type: z.literal('lost'), reason: NodeFailure }),
])

/** One batch of messages to an isolate. */
export const ToIsolate: z.ZodType<readonly ToIsolate[]> = z.array(
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('run'), id: z.int(), request: AttemptRequestMessage }),
    z.object({
      type: z.literal('abort'),
      id: z.int(),
      reason: z.object({
        name: z.string(),
        message: z.string(),
        code: z.string().optional(),
        hint: z.string().optional(),
        retryable: z.boolean().optional(),
      }),
    }),
    z.object({ type: z.literal('ping') }),
  ]),
)

/** One batch of messages from an isolate. */
export const FromIsolate: z.ZodType<readonly FromIsolate[]> = z.array(
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('ready') }),
    z.object({ type: z.literal('refused'), failure: NodeFailure }),
    z.object({ type: z.literal('begun'), id: z.int() }),
    z.object({ type: z.literal('result'), id: z.int(), result: AttemptResultMessage }),
    z.object({ type: z.literal('metrics'), id: z.int(), metrics: z.array(Metric) }),
    z.object({
      type: z.literal('log'),
      id: z.int().optional(),
      level: z.enum(['debug', 'info', 'warn', 'error']),
      message: z.string(),
      fields: z.record(z.string(), z.unknown()),
    }),
    z.object({ type: z.literal('pong') }),
    z.object({
      type: z.literal('crashing'),
      id: z.int().optional(),
      cause: z.string(),
      stack: z.string().optional(),
    }),
  ]),
)
