import { createHmac, timingSafeEqual } from 'node:crypto'

/** The header of a body that the holder of the secret sends: `sha256=<hex>`, as GitHub and others sign their webhooks. */
export function signatureOf(body: Uint8Array, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}

/** True for a body that the holder of the secret has sent. */
export function isSigned(body: Uint8Array, header: unknown, secret: string): boolean {
  const expected = Buffer.from(signatureOf(body, secret))
  const given = Buffer.from(typeof header === 'string' ? header : '')
  return given.length === expected.length && timingSafeEqual(given, expected)
}
