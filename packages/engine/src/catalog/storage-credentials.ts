import type { Secret } from '../config/secret.ts'
import { didYouMean } from '../definition/nearest.ts'
import { ConfigError } from '../errors.ts'

/** Maps inside of an entry whose settings count as its own: so libraries under Kedro want them. */
const nested: ReadonlySet<string> = new Set(['client_kwargs', 'config_kwargs'])

/**
 * Reads an entry of `credentials.yml` for a storage: each field under the first of its names that is there. A value that is
 * a map is given as JSON.
 *
 * @param names The names that each field may have.
 * @param where The storage, for messages.
 * @throws ConfigError `CREDENTIALS_INVALID`; it names settings and never their values.
 */
export function credentialFields<Field extends string>(
  secret: Secret | undefined,
  names: Readonly<Record<Field, readonly string[]>>,
  where: string,
): Readonly<Partial<Record<Field, string>>> {
  const settings = secret === undefined ? [] : settingsOf(secret.reveal(), where)
  const fields = new Map<string, string>()
  const known = new Map(
    Object.entries<readonly string[]>(names).flatMap(([field, all]) =>
      all.map((name) => [name, field] as const),
    ),
  )
  for (const [name, value] of settings) {
    const field = known.get(name)
    if (field === undefined)
      throw invalid(
        where,
        `have no setting "${name.slice(0, 100)}"`,
        didYouMean(name, known.keys(), 'settings'),
      )
    if (value !== null && value !== undefined) fields.set(field, textOf(value))
  }
  // Each key is a field, as `known` maps to nothing else.
  return Object.fromEntries(fields) as Partial<Record<Field, string>>
}

function settingsOf(entry: unknown, where: string): readonly (readonly [string, unknown])[] {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    throw invalid(where, 'are no map of settings', 'Write each setting under its name.')
  return Object.entries(entry).flatMap(([name, value]: [string, unknown]) =>
    nested.has(name) && typeof value === 'object' && value !== null
      ? Object.entries(value)
      : [[name, value] as const],
  )
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function invalid(where: string, what: string, hint: string): ConfigError {
  return new ConfigError('CREDENTIALS_INVALID', `The credentials for ${where} ${what}.`, { hint })
}
