/** A string of configuration, cut into text and `${…}` expressions. */
export type Part = string | Expression

/** `${resolver:argument,default}`, or `${a.path}` when there is no resolver. */
export interface Expression {
  readonly resolver: string | undefined
  readonly argument: string
  /** Text after the first comma, itself perhaps with expressions; undefined when there is no comma. */
  readonly fallback: string | undefined
}

/**
 * Cuts a string into parts. `\${` stands for a plain `${`.
 *
 * @returns undefined when a `${` is never closed.
 */
export function parseExpressions(text: string): readonly Part[] | undefined {
  const parts: Part[] = []
  let literal = ''
  let index = 0
  while (index < text.length) {
    if (text.startsWith('\\${', index)) {
      literal += '${'
      index += 3
    } else if (text.startsWith('${', index)) {
      const end = closing(text, index + 2)
      if (end === undefined) return undefined
      if (literal !== '') parts.push(literal)
      literal = ''
      parts.push(parseOne(text.slice(index + 2, end)))
      index = end + 1
    } else {
      const next = text.slice(index + 1).search(/\\?\$\{/)
      const until = next === -1 ? text.length : index + 1 + next
      literal += text.slice(index, until)
      index = until
    }
  }
  if (literal !== '' || parts.length === 0) parts.push(literal)
  return parts
}

/** The offset of the `}` that closes an expression whose inside begins at `start`. */
function closing(text: string, start: number): number | undefined {
  let depth = 1
  for (let index = start; index < text.length; index += 1) {
    if (text.startsWith('${', index)) depth += 1
    else if (text[index] === '}') depth -= 1
    if (depth === 0) return index
  }
  return undefined
}

function parseOne(inside: string): Expression {
  const match = /^\s*([A-Za-z_][\w.]*)\s*:(.*)$/s.exec(inside)
  const rest = match?.[2] ?? inside
  const comma = rest.indexOf(',')
  return {
    resolver: match?.[1],
    argument: (comma === -1 ? rest : rest.slice(0, comma)).trim(),
    fallback: comma === -1 ? undefined : rest.slice(comma + 1).trim(),
  }
}
