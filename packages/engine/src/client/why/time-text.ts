const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const

/** A length of time in its largest whole unit: `12 s`, `3 min`, `5 h`. */
export function spanText(milliseconds: number): string {
  const ms = Math.max(0, milliseconds)
  const [name, size] = units.find(([, each]) => ms >= each) ?? ['s', 1000]
  return `${Math.ceil(ms / size)} ${name}`
}

/** `3 nodes`, `1 node`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** Counted, with its verb: `1 node waits`, `3 nodes wait`. */
export function countedVerb(count: number, noun: string, verb: string): string {
  return `${counted(count, noun)} ${verb}${count === 1 ? 's' : ''}`
}
