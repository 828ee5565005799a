import {
  decodeElementRecord,
  encodeElementRecord,
  type ElementRecord,
} from '../run/element-record.ts'

const letters = { succeeded: 's', failed: 'f', cancelled: 'c', reused: 'r' } as const
const statuses: Readonly<Record<string, ElementRecord['status']>> = {
  s: 'succeeded',
  f: 'failed',
  c: 'cancelled',
  r: 'reused',
}

/** The record of an element as the ledger has it: a letter for its status, by which scripts know it, and its text. */
export function elementText(record: ElementRecord): string {
  return `${letters[record.status]}${encodeElementRecord(record)}`
}

/** Reads one back. */
export function parseElementText(text: string): ElementRecord {
  return decodeElementRecord(statuses[text.slice(0, 1)] ?? 'cancelled', text.slice(1))
}
