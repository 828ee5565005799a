import { InvalidArgumentError } from 'commander'

/** A whole number of at least 1, for commander. */
export function wholeNumber(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new InvalidArgumentError('It must be a whole number of at least 1.')
}

/** A port, for commander: 0 is any that is free. */
export function portNumber(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= 0 && value <= 65_535) return value
  throw new InvalidArgumentError('It must be a port: 0 to 65535.')
}

/** A length of time in milliseconds, for commander: `90s`, `10m`, `2h`. */
export function duration(text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim()) ?? []
  const factor = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit]
  if (amount !== undefined && factor !== undefined) return Number(amount) * factor
  throw new InvalidArgumentError('It must be a length of time, such as 500ms, 90s, 10m or 2h.')
}
