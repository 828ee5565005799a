import { didYouMean } from '../definition/nearest.ts'
import { ConfigError } from '../errors.ts'
import { Secret } from './secret.ts'
import { plain, type Tree } from './tree.ts'

/** What `console.log` and `util.inspect` ask for. */
const inspect = Symbol.for('nodejs.util.inspect.custom')

/** Entries of `credentials.yml` by key. Nothing of them is resolved before it is asked for. */
export class Credentials {
  readonly #names: readonly string[]
  readonly #resolve: (name: string) => Tree | undefined
  readonly #known = new Map<string, Secret>()

  /**
   * @param names Keys of the file.
   * @param resolve Gives an entry with its references replaced.
   */
  constructor(names: readonly string[], resolve: (name: string) => Tree | undefined) {
    this.#names = names
    this.#resolve = resolve
    Object.defineProperty(this, inspect, { value: () => this.toJSON() })
  }

  /** Keys of the file. */
  get names(): readonly string[] {
    return this.#names
  }

  /**
   * What stands under a key, wrapped.
   *
   * @throws ConfigError `CREDENTIALS_NOT_FOUND`; `CONFIG_INTERPOLATION` when it refers to a variable that is not set here.
   */
  get(name: string): Secret {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const tree = this.#names.includes(name) ? this.#resolve(name) : undefined
    if (tree === undefined) {
      throw new ConfigError(
        'CREDENTIALS_NOT_FOUND',
        `credentials.yml has no entry ${JSON.stringify(name.slice(0, 100))}.`,
        { hint: didYouMean(name, this.#names, 'credentials') },
      )
    }
    const secret = new Secret(plain(tree))
    this.#known.set(name, secret)
    return secret
  }

  /** Values by key, for code of the project that asks for them. Each is resolved when it is read. */
  plain(): Readonly<Record<string, unknown>> {
    const values = {}
    for (const name of this.#names)
      Object.defineProperty(values, name, { enumerable: true, get: () => this.get(name).reveal() })
    return values
  }

  /** Resolves what can be resolved here, so that it is masked in what this process logs and reports. */
  remember(): void {
    for (const name of this.#names) {
      try {
        this.get(name)
      } catch {
        // A variable that is not set here: whoever needs the entry is told then.
      }
    }
  }

  toJSON(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#names.map((name) => [name, '***']))
  }
}
