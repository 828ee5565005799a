import type { CatalogAccess } from '../catalog/catalog-access.ts'
import { openStorage } from '../catalog/open-storage.ts'
import type { Storage } from '../catalog/storage.ts'
import type { Config } from './load-config.ts'

/** What a project's configuration says of reaching its datasets, for a `DatasetStore`. */
export function catalogAccess({
  credentials,
  pipewright,
}: Pick<Config, 'credentials' | 'pipewright'>): CatalogAccess {
  return { credentials, network: pipewright.network, inputs: pipewright.inputs.allow }
}

/**
 * Opens the run's store of a project.
 *
 * @throws ConfigError `STORAGE_UNSUPPORTED`, `STORAGE_ADDRESS_INVALID`
 */
export function openProjectStorage({
  root,
  credentials,
  pipewright: { store, network },
}: Pick<Config, 'root' | 'credentials' | 'pipewright'>): Storage {
  const { credentials: name } = store
  return openStorage(store.url, root, {
    network,
    ...(name !== null && { credentials: () => credentials.get(name) }),
  })
}
