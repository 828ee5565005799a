import type { Secret } from '../config/secret.ts'
import { ConfigError } from '../errors.ts'
import type { AllowedInput } from './allowed-input.ts'
import type { NetworkPolicy } from './network-policy.ts'

/** What a catalog needs beside its entries to reach what they name. */
export interface CatalogAccess {
  /** Entries of `credentials.yml`, looked up when a dataset is first read or written. Default: none. */
  readonly credentials?: CredentialSource | undefined
  /** For http and https. Default: only public addresses. */
  readonly network?: NetworkPolicy | undefined
  /** Where inputs of single runs may lie beside the project's folder. Default: nowhere. */
  readonly inputs?: readonly AllowedInput[] | undefined
}

/** Secrets by key. */
export interface CredentialSource {
  /** @throws ConfigError `CREDENTIALS_NOT_FOUND`, `CONFIG_INTERPOLATION` */
  get(name: string): Secret
}

/** How to look up the credentials that an entry names; undefined for none. */
export function credentialsOf(
  name: string | undefined,
  { credentials }: CatalogAccess,
): (() => Secret) | undefined {
  if (name === undefined) return undefined
  return () => (credentials ?? none).get(name)
}

const none: CredentialSource = {
  get(name) {
    throw new ConfigError(
      'CREDENTIALS_NOT_FOUND',
      `There are no credentials here, and ${JSON.stringify(name.slice(0, 100))} is asked for.`,
      { hint: 'Put them into conf/local/credentials.yml of the project that the worker runs.' },
    )
  },
}
