/**
 * Names that a reader may have meant, closest first: at most `limit` names within a third of the length (at least two
 * edits, one for names of up to three letters), and names of which the given one is the last part (`train` for `uk.train`).
 */
export function nearest(name: string, known: Iterable<string>, limit = 3): readonly string[] {
  const furthest = name.length < 4 ? 1 : Math.max(2, Math.floor(name.length / 3))
  const found: { readonly name: string; readonly distance: number }[] = []
  for (const candidate of new Set(known)) {
    const distance = candidate.endsWith(`.${name}`) ? 1 : editDistance(name, candidate, furthest)
    if (distance <= furthest) found.push({ name: candidate, distance })
  }
  found.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
  return found.slice(0, limit).map((match) => match.name)
}

/**
 * The second half of a hint: `Did you mean "days"?`, or else the first ten known names.
 *
 * @param noun Plural, for the list: `datasets`.
 */
export function didYouMean(name: string, known: Iterable<string>, noun: string): string {
  const names = [...new Set(known)]
  const close = nearest(name, names)
  if (close.length > 0) return `Did you mean ${close.map((match) => `"${match}"`).join(' or ')}?`
  if (names.length === 0) return `There are no ${noun}.`
  const listed = names.slice(0, 10).join(', ')
  return `Known ${noun}: ${listed}${names.length > 10 ? ` and ${names.length - 10} more` : ''}.`
}

/** Insertions, deletions and substitutions that turn one name into the other; `furthest + 1` when there are more. */
function editDistance(a: string, b: string, furthest: number): number {
  if (Math.abs(a.length - b.length) > furthest) return furthest + 1
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    if (Math.min(...next) > furthest) return furthest + 1
    row = next
  }
  return row[b.length] ?? 0
}
