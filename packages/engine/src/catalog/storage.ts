/**
 * Where bytes lie: the local file system, later S3, GCS, Azure. Paths are relative to the storage's root, separated by
 * `/`; a path that leaves the root is refused. All implementations pass `storageConformance` of
 * `@pipewright/engine/testing`.
 */
export interface Storage {
  /** Such as `file:///data/store`. */
  readonly url: string
  /** Whole content. @throws DatasetError-free: returns undefined when nothing is there. */
  read(path: string): Promise<Uint8Array | undefined>
  /** Writes atomically: readers see the old content or the new, never a part; durable when it returns. */
  write(path: string, bytes: Uint8Array): Promise<void>
  /** Copies within the storage, atomically as `write`. */
  exists(path: string): Promise<boolean>
  /** Removes one object; silent when it is not there. */
  remove(path: string): Promise<void>
  /** Paths under a folder, recursively, sorted. */
  list(prefix: string): Promise<readonly string[]>
  /** The file system path of an object, where the storage has one. */
  localPath?(path: string): string
}
