/** Longest value of a param, in characters. MLflow cuts longer ones without a word. */
export const longestParam = 6000
/** Longest value of a tag, in characters. */
export const longestTag = 8000

/** A value as MLflow shows it: text as it is, anything else as JSON. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
}

/** The text, or its beginning and a remark of how much is missing, together at most `longest` characters. */
export function cut(text: string, longest: number): string {
  if (text.length <= longest) return text
  const remark = `… [cut: ${text.length} characters]`
  const kept = text.slice(0, longest - remark.length)
  // half a surrogate pair is not valid JSON text
  return `${/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept}${remark}`
}
