/** A length of time for people: `840 ms`, `3.2 s`, `4 min 12 s`, `2 h 5 min`. */
export function took(milliseconds: number): string {
  const ms = Math.max(0, Math.round(milliseconds))
  if (ms < 1000) return `${ms} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** A metric's value with four significant digits; those of whole numbers are kept. */
export function valueText(value: number | string): string {
  if (typeof value === 'string' || Number.isInteger(value)) return String(value)
  return String(Number(value.toPrecision(4)))
}

/** Text of anybody's as a block of code that it cannot end. */
export function codeBlock(text: string, language = ''): string {
  return `\`\`\`${language}\n${text.replaceAll('```', "'''")}\n\`\`\``
}

/** A name as code within a line. */
export function code(name: string): string {
  return `\`${name.replaceAll('`', "'")}\``
}
