import { StringDecoder } from 'node:string_decoder'

/** Of a longer line only the beginning is kept. */
export const longestLine = 8192

/** Hands over each line of a stream. One that never ends takes no more memory than any other. */
export function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8')
  let line = ''
  const extend = (text: string): void => {
    if (line.length < longestLine) line += text.slice(0, longestLine - line.length)
  }
  const end = (): void => {
    onLine(line.endsWith('\r') ? line.slice(0, -1) : line)
    line = ''
  }
  stream.on('data', (chunk: Buffer | string) => {
    const parts = (typeof chunk === 'string' ? chunk : decoder.write(chunk)).split('\n')
    const rest = parts.pop() ?? ''
    for (const part of parts) {
      extend(part)
      end()
    }
    extend(rest)
  })
  stream.on('end', () => {
    extend(decoder.end())
    if (line !== '') end()
  })
}
