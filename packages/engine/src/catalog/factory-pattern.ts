/** The name of a dataset factory, such as `{namespace}.{name}#csv`, taken apart. */
export interface FactoryPattern {
  readonly text: string
  /** Names between braces, in order; each once. */
  readonly placeholders: readonly string[]
  /** The text before, between and after them: one part more than there are placeholders. */
  readonly literals: readonly string[]
}

/** What placeholders stand for in the name of one dataset. */
export type PlaceholderValues = ReadonlyMap<string, string>

/** True for a key of the catalog that names a factory, not a dataset. */
export function isPattern(name: string): boolean {
  return name.includes('{') || name.includes('}')
}

/** Takes a pattern apart, or says what is wrong with it. */
export function parsePattern(text: string): FactoryPattern | string {
  const parts = text.split(/\{([^{}]*)\}/)
  const placeholders = parts.filter((_, index) => index % 2 === 1)
  const literals = parts.filter((_, index) => index % 2 === 0)
  if (literals.some((part) => /[{}]/.test(part))) return 'a brace has no partner'
  const wrong = placeholders.find((name) => !/^[A-Za-z_]\w{0,49}$/.test(name))
  if (wrong !== undefined) return `{${wrong}} is no name of letters, digits and "_"`
  const again = placeholders.find((name, index) => placeholders.indexOf(name) !== index)
  if (again !== undefined) return `{${again}} stands in it twice`
  return { text, placeholders, literals }
}

/**
 * What the placeholders of a pattern stand for in a name, each for as little as it can, from the left; undefined when the name
 * does not fit. In time that grows with the name, not with the ways to cut it: patterns and names come from users.
 */
export function matchPattern(
  { placeholders, literals }: FactoryPattern,
  name: string,
): PlaceholderValues | undefined {
  const [first = ''] = literals
  if (!name.startsWith(first)) return undefined
  const failed = new Set<number>()
  const values: string[] = []
  const fits = (index: number, start: number): boolean => {
    if (index === placeholders.length) return start === name.length
    const state = index * (name.length + 1) + start
    if (failed.has(state)) return false
    const literal = literals[index + 1] ?? ''
    for (
      let end = name.indexOf(literal, start + 1);
      end > start;
      end = end === name.length ? -1 : name.indexOf(literal, end + 1)
    ) {
      values[index] = name.slice(start, end)
      if (fits(index + 1, end + literal.length)) return true
    }
    failed.add(state)
    return false
  }
  if (!fits(0, first.length)) return undefined
  return new Map(placeholders.map((placeholder, index) => [placeholder, values[index] ?? '']))
}

/**
 * Ranks patterns as Kedro does: more characters outside of braces first, then more placeholders, then by the alphabet.
 */
export function comparePatterns(one: FactoryPattern, two: FactoryPattern): number {
  const byText = specificity(two) - specificity(one)
  if (byText !== 0) return byText
  const byPlaceholders = two.placeholders.length - one.placeholders.length
  if (byPlaceholders !== 0) return byPlaceholders
  return one.text < two.text ? -1 : one.text > two.text ? 1 : 0
}

/** True for a pattern that every name fits, or every name of some length: `{name}`. */
export function isCatchAll(pattern: FactoryPattern): boolean {
  return specificity(pattern) === 0
}

/** Placeholders that a text of a factory's entry uses. */
export function placeholdersIn(text: string): readonly string[] {
  return [...text.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name ?? '')
}

/** A text with the values of its placeholders. */
export function fillIn(text: string, values: PlaceholderValues): string {
  return text.replaceAll(/\{([^{}]*)\}/g, (whole, name: string) => values.get(name) ?? whole)
}

function specificity({ literals }: FactoryPattern): number {
  return literals.reduce((sum, part) => sum + part.length, 0)
}
