import { hash, randomBytes } from 'node:crypto'

/** A new token: its holder keeps the one, configuration the other. */
export interface MadeToken {
  readonly token: string
  readonly sha256: string
}

/** Makes a token of 256 random bits. */
export function makeToken(): MadeToken {
  const token = `pw_${randomBytes(32).toString('base64url')}`
  return { token, sha256: hash('sha256', token, 'hex') }
}
