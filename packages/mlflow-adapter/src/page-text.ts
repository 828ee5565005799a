const longest = 500

/** What an answer says in one line, at most 500 characters: of a page its words without the markup. */
export function pageText(body: string): string {
  const isPage = /^\s*<(?:!doctype|html|\?xml|head|body)/i.test(body)
  const text = isPage ? withoutMarkup(body.slice(0, 20_000)) : body
  return excerpt(text)
}

/** One line of a text, at most 500 characters. */
export function excerpt(text: string): string {
  const line = text.slice(0, 20_000).replaceAll(/\s+/g, ' ').trim()
  return line.length > longest ? `${line.slice(0, longest)}…` : line
}

function withoutMarkup(page: string): string {
  return page
    .replaceAll(/<(script|style)\b[^>]*>.*?<\/\1>/gis, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
}
