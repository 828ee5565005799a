import { styleText } from 'node:util'

/** The styles in use: colour is never the only carrier of a meaning. */
export type Style = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold'

/** Styled for a stream: plain when it is no terminal, or NO_COLOR or a dumb terminal says so; FORCE_COLOR goes before. */
export function paint(
  style: Style,
  text: string,
  stream: NodeJS.WriteStream = process.stdout,
): string {
  return styleText(style, text, { stream, validateStream: true })
}
