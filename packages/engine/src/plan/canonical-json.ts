import { hash } from 'node:crypto'

/**
 * JSON text that is the same for equal data, whatever the order in which keys were added: keys sorted by UTF-16 code
 * units, no white space. `undefined` members are left out, as in `JSON.stringify`.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, sortKeys)
}

/** sha256 of a text, hex. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex')
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const keys = Object.keys(value)
  if (keys.length < 2) return value
  // The value is an object, so it can be read by its own keys.
  const record = value as Readonly<Record<string, unknown>>
  return Object.fromEntries(keys.toSorted().map((key) => [key, record[key]]))
}
