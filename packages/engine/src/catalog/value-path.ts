const longest = 200

/**
 * A JSON pointer (RFC 6901) to a part of a value, for messages: `/rows/3/x`; `/` alone means the value itself.
 * Long ones are cut: a key may be as long as its author likes.
 */
export function valuePath(path: readonly PropertyKey[]): string {
  const text = path.map((key) => `/${escape(key)}`).join('')
  if (text === '') return '/'
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

function escape(key: PropertyKey): string {
  return String(key).replaceAll('~', '~0').replaceAll('/', '~1')
}
