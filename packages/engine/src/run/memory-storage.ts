import type { Storage } from '../catalog/storage.ts'

/** A storage that lies in memory, for runs without Redis and without files. */
export function memoryStorage(): Storage {
  const objects = new Map<string, Uint8Array>()
  return {
    url: 'memory:',
    // The contract is asynchronous; a copy keeps readers and writers from sharing bytes.
    read: async (path) => objects.get(path)?.slice(),
    write: async (path, bytes) => void objects.set(path, bytes.slice()),
    exists: async (path) => objects.has(path),
    remove: async (path) => void objects.delete(path),
    list: async (prefix) =>
      [...objects.keys()].filter((path) => path.startsWith(prefix)).toSorted(),
  }
}
