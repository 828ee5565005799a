/** `a,b` and repeated options as one list; empty parts are dropped. For commander, as the parser of an option. */
export function commaList(text: string, earlier: readonly string[] = []): readonly string[] {
  const names = text.split(',').map((name) => name.trim())
  return [...earlier, ...names.filter((name) => name !== '')]
}

/** One more of an option that is given several times. */
export function another(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text]
}
