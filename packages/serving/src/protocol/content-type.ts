/** Media types of inputs that models of this process take. */
export const inputTypes = ['application/json', 'text/csv'] as const

export type InputType = (typeof inputTypes)[number]

/** What a Content-Type header says, or why it is refused with 415. */
export type ContentType = { readonly type: InputType } | { readonly refusal: string }

/** Reads a Content-Type header as MLflow does: UTF-8 only, and no parameter but `charset`. */
export function readContentType(header: string): ContentType {
  const [name = '', ...parameters] = header.split(';').map((part) => part.trim())
  const values = new Map(parameters.map(splitParameter))
  const charset = values.get('charset') ?? 'utf-8'
  if (charset.toLowerCase() !== 'utf-8') return { refusal: 'Only UTF-8 is supported.' }
  const unknown = [...values.keys()].filter((key) => key !== 'charset')
  if (unknown.length > 0) {
    return { refusal: `Content-Type has unknown parameters: ${unknown.join(', ')}.` }
  }
  const type = inputTypes.find((candidate) => candidate === name)
  if (type !== undefined) return { type }
  return {
    refusal: `The content type must be one of ${inputTypes.join(', ')}, not ${header === '' ? 'missing' : `'${header}'`}.`,
  }
}

function splitParameter(parameter: string): readonly [string, string] {
  const at = parameter.indexOf('=')
  return at < 0 ? [parameter, ''] : [parameter.slice(0, at), parameter.slice(at + 1)]
}
