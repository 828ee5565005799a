/** What stands in a text where a secret was. */
export const masked = '***'

/** Shorter values would hide ordinary words: a user called `app`, a region. */
const shortest = 6

const known = new Set<string>()
let pattern: RegExp | undefined

/**
 * Remembers a secret, so that `mask` finds it in this process. Values under six characters are not remembered: they would
 * hide ordinary words.
 */
export function rememberSecret(secret: string): void {
  if (secret.length < shortest || known.has(secret)) return
  known.add(secret)
  pattern = undefined
}

/** A text without the secrets that this process knows, also where they are quoted, escaped or encoded. */
export function mask(text: string): string {
  if (known.size === 0) return text
  pattern ??= patternOf(known)
  return text.replaceAll(pattern, masked)
}

/** The same for all texts in a value of plain data, names included. */
export function maskAll(value: unknown): unknown {
  if (known.size === 0) return value
  if (typeof value === 'string') return mask(value)
  if (Array.isArray(value)) return value.map(maskAll)
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [mask(key), maskAll(each)]))
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function patternOf(secrets: Iterable<string>): RegExp {
  const forms = new Set([...secrets].flatMap(formsOf))
  // The longest first: a part of a form must not be taken for the whole of another.
  const sorted = [...forms].toSorted((one, other) => other.length - one.length)
  return new RegExp(
    sorted.map((form) => form.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'),
    'g',
  )
}

/** A secret as libraries write it: in JSON, addresses, forms, headers, pages and dumps. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8')
  const quoted = JSON.stringify(secret).slice(1, -1)
  const encoded = encodeURIComponent(wellFormed(secret))
  const everyByte = bytes.toString('hex').replaceAll(/../g, '%$&')
  const hex = bytes.toString('hex')
  return [
    secret,
    quoted,
    JSON.stringify(quoted).slice(1, -1),
    encoded,
    encoded.replaceAll(/%[0-9A-F]{2}/g, (each) => each.toLowerCase()),
    encoded.replaceAll('%20', '+'),
    encodeURIComponent(encoded),
    new URLSearchParams([['', secret]]).toString().slice(1),
    everyByte,
    everyByte.toUpperCase(),
    hex,
    hex.toUpperCase(),
    markup(secret),
    unicodeEscapes(secret),
    ...base64Forms(bytes),
  ]
}

function wellFormed(text: string): string {
  return text.toWellFormed()
}

function markup(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? sign)
}

function unicodeEscapes(text: string): string {
  return Array.from(
    { length: text.length },
    (_, index) => `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('')
}

/**
 * What a secret looks like inside of longer base64, such as of `user:secret`: three ways, for it may begin at any byte of
 * three. Characters that also depend on its neighbours are left away.
 */
function base64Forms(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes])
    const whole = Math.floor((shifted.byteLength * 8) / 6)
    const inner = shifted.toString('base64').slice(Math.ceil((offset * 8) / 6), whole)
    if (inner.length < shortest) return []
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
  })
}
