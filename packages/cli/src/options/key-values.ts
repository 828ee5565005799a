import { UsageError } from '@pipewright/engine'

/**
 * `name<separator>value` arguments as an object; the last one of a name wins.
 *
 * @throws UsageError `INVALID_OPTION_VALUE`
 */
export function keyValues(
  option: string,
  separator: '=' | ':',
  texts: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf(separator)
      if (at > 0 && at < text.length - 1) {
        return [text.slice(0, at).trim(), text.slice(at + 1).trim()]
      }
      throw new UsageError(
        'INVALID_OPTION_VALUE',
        `${option} ${JSON.stringify(text)} has no ${at < 0 ? `"${separator}"` : 'text on both sides of it'}.`,
        { hint: `Write ${option} name${separator}value.` },
      )
    }),
  )
}
