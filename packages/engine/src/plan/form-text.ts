import { canonicalJson } from './canonical-json.ts'

/** How a value is encoded: a driver's name, and what it needs to know beside it. */
export interface Form {
  readonly format: string
  readonly extension?: string | undefined
  readonly settings?: Readonly<Record<string, unknown>> | undefined
}

/** A form in one word or a few, to be compared and shown: `csv`, `text .svg`, `csv {"sep":";"}`. */
export function formText({ format, extension, settings }: Form): string {
  const parts = [format]
  if (extension !== undefined) parts.push(extension)
  if (settings !== undefined && Object.keys(settings).length > 0)
    parts.push(canonicalJson(settings))
  return parts.join(' ')
}
