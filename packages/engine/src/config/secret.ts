import { masked, rememberSecret } from './known-secrets.ts'

/** What `console.log` and `util.inspect` ask for. */
const inspect = Symbol.for('nodejs.util.inspect.custom')

/**
 * Names of settings that stand beside secrets and are none: users, hosts, regions. To mask them would hide what an error is
 * about, and ordinary words with it: a user may well be called `postgres`.
 */
const harmless =
  /^(?:type|anon|port|host|user|username|login|(?:client_)?email|database|dbname|region(?:_name)?|endpoint(?:_url)?|account_?(?:name|host)|project(?:_?id)?|(?:tenant|client)_?id|\w+_(?:uri|url)|universe_domain|MLFLOW_TRACKING_USERNAME)$/i

/**
 * A value that nobody is to read but who signs in with it. It prints as `***` wherever it goes: in texts, JSON, logs and
 * inspections; a message to another thread or process carries nothing of it.
 */
export class Secret {
  readonly #value: unknown

  /** @param value Plain data. Its texts of six characters or more are masked in what this process logs and reports. */
  constructor(value: unknown) {
    this.#value = value
    Object.defineProperty(this, inspect, { value: () => masked })
    remember(value, '')
  }

  /** The value itself. It must not be kept in anything that is printed, sent or stored. */
  reveal(): unknown {
    return this.#value
  }

  toString(): string {
    return masked
  }

  toJSON(): string {
    return masked
  }

  [Symbol.toPrimitive](): string {
    return masked
  }
}

function remember(value: unknown, name: string): void {
  if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value))
      remember(each, Array.isArray(value) ? name : key)
    return
  }
  if (typeof value !== 'string' && typeof value !== 'number') return
  const text = String(value)
  if (!harmless.test(name)) rememberSecret(text)
  for (const part of secretParts(text)) rememberSecret(part)
}

/** Secrets inside of a text: the password of an address, the keys of a connection string. */
function secretParts(text: string): readonly string[] {
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@]*:(?<password>[^/?#@]+)@/i.exec(text)?.groups?.[
    'password'
  ]
  const keys = text.matchAll(
    /(?:^|[;&?])(?:AccountKey|SharedAccessSignature|password|pwd|sig)=(?<key>[^;&]+)/gi,
  )
  return [password, decoded(password), ...Array.from(keys, ({ groups }) => groups?.['key'])].filter(
    (part) => part !== undefined,
  )
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return undefined
  }
}
