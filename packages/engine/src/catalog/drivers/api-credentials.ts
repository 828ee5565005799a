import * as z from 'zod'

import { ConfigError } from '../../errors.ts'

/** What lets a request in, as `credentials.yml` has it: name and password (also as a list, as Kedro has it), or a token. */
const Entry = z.union([
  z.tuple([z.string(), z.string()]).transform(([username, password]) => basic(username, password)),
  z
    .strictObject({ username: z.string(), password: z.string() })
    .transform(({ username, password }) => basic(username, password)),
  z
    .strictObject({ token: z.string() })
    .transform(({ token }) => ({ authorization: `Bearer ${token}` })),
  z.strictObject({ headers: z.record(z.string(), z.string()) }).transform(({ headers }) => headers),
])

/** @throws ConfigError `CREDENTIALS_INVALID`, without any value of them. */
export function apiCredentials(entry: unknown): Readonly<Record<string, string>> {
  if (entry === undefined) return {}
  const result = Entry.safeParse(entry)
  if (result.success) return result.data
  throw new ConfigError(
    'CREDENTIALS_INVALID',
    'The credentials of a dataset of the type api cannot be used.',
    {
      hint: 'Write username and password, token, or headers with their values.',
    },
  )
}

function basic(username: string, password: string): Readonly<Record<string, string>> {
  const text = Buffer.from(`${username}:${password}`, 'utf8').toString('base64')
  return { authorization: `Basic ${text}` }
}
