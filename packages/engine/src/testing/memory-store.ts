import { DatasetStore } from '../catalog/dataset-store.ts'
import type { Catalog } from '../catalog/entry.ts'
import { memoryStorage } from '../run/memory-storage.ts'

/** A dataset store that keeps the outputs of one test in memory, encoded as the catalog says, and publishes nothing. */
export function memoryStore(catalog: Catalog = {}): DatasetStore {
  return new DatasetStore({ catalog, root: '.', storage: memoryStorage() })
}
