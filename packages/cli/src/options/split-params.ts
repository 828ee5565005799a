/**
 * Splits what `--params` was given into `name=value` texts, as Kedro does: by commas as well as by spaces. A comma is
 * kept inside brackets and quotes, and where no `name=` follows it: `a=1,b=[1,2]` is two, `title=Hello, world` is one.
 */
export function splitParams(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => splitText(text))
}

function splitText(text: string): readonly string[] {
  const parts: string[] = []
  let start = 0
  for (const comma of outerCommas(text)) {
    if (!/^\s*[\p{L}\p{N}_][\p{L}\p{N}_.-]*=/u.test(text.slice(comma + 1))) continue
    parts.push(text.slice(start, comma).trim())
    start = comma + 1
  }
  parts.push(text.slice(start).trim())
  return parts.filter((part) => part !== '')
}

/** Positions of the commas that are in no brackets and no double quotes. */
function outerCommas(text: string): readonly number[] {
  const found: number[] = []
  let depth = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '\\') at++
    else if (character === '"') quoted = !quoted
    else if (quoted) continue
    else if (character === '[' || character === '{') depth++
    else if (character === ']' || character === '}') depth--
    else if (character === ',' && depth <= 0) found.push(at)
  }
  return found
}
