/** Fields of a log line as plain data that can cross to another thread. Never throws, whatever the user logs. */
export function plainFields(
  fields: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (typeof fields !== 'object' || fields === null) return { value: plain(fields) }
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(fields)) {
    try {
      result[key] = plain(fields[key])
    } catch {
      result[key] = '[unreadable]'
    }
  }
  return result
}

function plain(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return value
  // Undefined for undefined itself; `writable` leaves nothing else that JSON drops.
  const json: string | undefined = JSON.stringify(value, writable)
  return json === undefined ? 'undefined' : JSON.parse(json)
}

/** JSON's own forms of these are `{}`, an exception, or nothing. */
function writable(_key: string, value: unknown): unknown {
  if (value instanceof Error) {
    return { name: value.name, message: value.message, stack: value.stack }
  }
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function') {
    return String(value)
  }
  return value
}
