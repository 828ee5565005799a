import * as z from 'zod'

import { sha256 } from '../plan/canonical-json.ts'
import type { DatasetReference } from './dataset-reference.ts'
import type { NodeFinished } from './event.ts'
import type { Metric } from './metric.ts'
import type { NodeFailure } from './node-failure.ts'

/** Most characters of an error's code and message that a record keeps: a map has up to 100,000 of them. */
const longestCode = 60
const longestMessage = 200

/** Most metrics of an element that a record keeps. */
const mostMetrics = 10

/** How one element of a map ended. Those that were never started have no record. */
export interface ElementRecord {
  /** `reused`: it succeeded in the run that this one resumes. */
  readonly status: 'succeeded' | 'failed' | 'cancelled' | 'reused'
  /** Number of its last attempt; 1 for an element that was never tried again. */
  readonly attempt: number
  /** When that attempt began, in ms since 1970. */
  readonly startedAt: number
  /** Milliseconds that it took. */
  readonly duration: number
  /** What it made, by the names of the node's outputs in their alphabetical order; none unless it succeeded or was reused. */
  readonly outputs: readonly ElementOutput[]
  /** Code, and the first 200 characters of the message. */
  readonly error?: Pick<NodeFailure, 'code' | 'message'> | undefined
  /** Last values of the first ten metrics of that attempt. */
  readonly metrics?: Readonly<Record<string, Metric[1]>> | undefined
}

/** Where an output of an element lies: in the record itself, or in the run's store. */
export type ElementOutput = Pick<DatasetReference, 'format' | 'extension' | 'settings'> &
  (
    | { readonly inline: string; readonly uri?: undefined }
    | {
        readonly inline?: undefined
        readonly uri: string
        readonly bytes: number
        readonly sha256: string
      }
  )

/** What the ledger's record of an ended element is made of: what is told of it, and the references of its outputs. */
export function elementRecordOf(
  { status, attempt, startedAt, endedAt, error, finalMetrics }: NodeFinished,
  references: readonly DatasetReference[],
): ElementRecord {
  const metrics = Object.entries(finalMetrics).slice(0, mostMetrics)
  return {
    status: status === 'skipped' ? 'cancelled' : status,
    attempt,
    startedAt,
    duration: Math.max(0, endedAt - startedAt),
    outputs: references.map(outputOf),
    ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
    ...(metrics.length === 0 ? {} : { metrics: Object.fromEntries(metrics) }),
  }
}

/** An output of an element as a reference to load it by. */
export function elementReference(output: ElementOutput, dataset: string): DatasetReference {
  const { format, extension, settings } = output
  const common = {
    dataset,
    format,
    ...(extension === undefined ? {} : { extension }),
    ...(settings === undefined ? {} : { settings }),
  }
  if (output.inline === undefined) {
    return { ...common, uri: output.uri, bytes: output.bytes, sha256: output.sha256 }
  }
  const { inline } = output
  return { ...common, inline, bytes: Buffer.byteLength(inline), sha256: sha256(inline) }
}

/**
 * What the ledger keeps of a record behind the letter of its status, in as few bytes as JSON needs: a list of start, duration,
 * attempt, outputs, and where there are any, error and metrics. An output is its JSON text, or an object where there is more to
 * say.
 */
export function encodeElementRecord(record: ElementRecord): string {
  const { startedAt, duration, attempt, outputs, error, metrics } = record
  const list: unknown[] = [startedAt, duration, attempt, outputs.map(packed)]
  if (error !== undefined || metrics !== undefined) {
    const { code, message } = error ?? {}
    list.push(error === undefined ? 0 : [cut(code, longestCode), cut(message, longestMessage)])
  }
  if (metrics !== undefined) list.push(metrics)
  return JSON.stringify(list)
}

/**
 * Reads a record of the ledger.
 *
 * @param status Its status.
 * @param value What is kept of it; empty where it was never started, and as `lua/ledger.lua` writes it where its worker was lost.
 * @throws ZodError, SyntaxError when it is none
 */
export function decodeElementRecord(status: ElementRecord['status'], value: string): ElementRecord {
  if (value === '') return { status, attempt: 0, startedAt: 0, duration: 0, outputs: [] }
  const parsed = Value.parse(JSON.parse(value))
  if (!Array.isArray(parsed)) {
    const { attempts, endedAt, error } = parsed
    const record = { status, attempt: attempts, startedAt: endedAt, duration: 0, outputs: [] }
    return error === undefined ? record : { ...record, error }
  }
  const [startedAt, duration, attempt, outputs, error, metrics] = parsed
  return {
    status,
    attempt,
    startedAt,
    duration,
    outputs: outputs.map(unpacked),
    ...(error === undefined || error === 0 ? {} : { error: { code: error[0], message: error[1] } }),
    ...(metrics === undefined ? {} : { metrics }),
  }
}

/** f: format unless it is json; i: inline; u, b, s: where it lies, its size, its sha256 in base64; e: extension; t: settings. */
const PackedOutput = z.union([
  z.string(),
  z.object({
    f: z.string().optional(),
    i: z.string().optional(),
    u: z.string().optional(),
    b: z.int().nonnegative().optional(),
    s: z.string().optional(),
    e: z.string().optional(),
    t: z.record(z.string(), z.unknown()).optional(),
  }),
])
type PackedOutput = z.infer<typeof PackedOutput>

const Packed = z.tuple([
  z.number(),
  z.number(),
  z.int(),
  z.array(PackedOutput),
  z.union([z.literal(0), z.tuple([z.string(), z.string()])]).optional(),
  z
    .record(z.string(), z.union([z.number(), z.literal(['NaN', 'Infinity', '-Infinity'])]))
    .optional(),
])

/** An element that was lost with its worker. */
const Lost = z.object({
  attempts: z.int(),
  endedAt: z.number(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
})

const Value = z.union([Packed, Lost])

function outputOf(reference: DatasetReference): ElementOutput {
  const { format, extension, settings, inline, uri, bytes } = reference
  const common = {
    format,
    ...(extension === undefined ? {} : { extension }),
    ...(settings === undefined ? {} : { settings }),
  }
  if (inline !== undefined) return { ...common, inline }
  return { ...common, uri: uri ?? '', bytes, sha256: reference.sha256 }
}

function packed(output: ElementOutput): PackedOutput {
  const { format, extension, settings, inline, uri } = output
  const isPlain = format === 'json' && extension === undefined && settings === undefined
  if (inline !== undefined && isPlain) return inline
  return {
    ...(format === 'json' ? {} : { f: format }),
    ...(inline === undefined ? {} : { i: inline }),
    ...(uri === undefined
      ? {}
      : { u: uri, b: output.bytes, s: Buffer.from(output.sha256, 'hex').toString('base64url') }),
    ...(extension === undefined ? {} : { e: extension }),
    ...(settings === undefined ? {} : { t: settings }),
  }
}

function unpacked(output: PackedOutput): ElementOutput {
  if (typeof output === 'string') return { format: 'json', inline: output }
  const { f: format = 'json', i: inline, u: uri = '', b: bytes = 0, s = '', e, t } = output
  const common = {
    format,
    ...(e === undefined ? {} : { extension: e }),
    ...(t === undefined ? {} : { settings: t }),
  }
  if (inline !== undefined) return { ...common, inline }
  return { ...common, uri, bytes, sha256: Buffer.from(s, 'base64url').toString('hex') }
}

/** Never in the middle of a pair of surrogates. */
function cut(text: string | undefined, longest: number): string {
  if (text === undefined || text.length <= longest) return text ?? ''
  const begin = text.slice(0, longest - 1)
  return `${/[\uD800-\uDBFF]$/.test(begin) ? begin.slice(0, -1) : begin}…`
}
