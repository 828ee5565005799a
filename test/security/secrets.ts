import { randomBytes } from 'node:crypto'

/** Signs that libraries escape, each in their own way. */
const signs = ['/+=', '&<>', '"\'', '\\\\', ' %2', 'üß€', '{}[]', ':@;', '$#!', '--_']

/** Secrets that occur nowhere else: half of letters, half with signs that have to be escaped. */
export function plant(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const random = randomBytes(9).toString('base64url')
    const sign = index % 2 === 0 ? '' : (signs[(index >> 1) % signs.length] ?? '')
    return `S3cr3t${index}${sign}${random}`
  })
}

/** What a secret may look like somewhere. */
export const encodings: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  json: (secret) => JSON.stringify(secret).slice(1, -1),
  'json in json': (secret) => JSON.stringify(JSON.stringify(secret)).slice(3, -3),
  uri: encodeURIComponent,
  'uri twice': (secret) => encodeURIComponent(encodeURIComponent(secret)),
  form: (secret) => new URLSearchParams([['', secret]]).toString().slice(1),
  base64: (secret) => Buffer.from(secret).toString('base64').replace(/=+$/, '').slice(0, -1),
  base64url: (secret) => Buffer.from(secret).toString('base64url').slice(0, -1),
  // Of "ab:secret" and the like: what does not depend on what stands before it.
  'base64, shifted': (secret) => Buffer.from(`ab:::${secret}`).toString('base64').slice(8, -4),
  hex: (secret) => Buffer.from(secret).toString('hex'),
  'hex in capitals': (secret) => Buffer.from(secret).toString('hex').toUpperCase(),
  html: (secret) =>
    secret
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;'),
}

/** Where secrets were found: `encoding of secret in place`. */
export function findSecrets(
  secrets: readonly string[],
  places: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(places).flatMap(([place, text]) =>
    secrets.flatMap((secret, index) =>
      Object.entries(encodings)
        .filter(([, encode]) => text.includes(encode(secret)))
        .map(([encoding]) => `${encoding} of secret ${index} in ${place}`),
    ),
  )
}
