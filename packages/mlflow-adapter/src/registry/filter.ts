/** A text in a filter. MLflow's filters have no escape for a quote, but take either kind. */
export function quoted(text: string): string {
  return text.includes("'") ? `"${text}"` : `'${text}'`
}

/** The condition that a tag has a value. */
export function hasTag(tag: string, value: string): string {
  return `tags.\`${tag}\` = ${quoted(value)}`
}
