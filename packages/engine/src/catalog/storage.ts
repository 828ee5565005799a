/**
 * Where bytes lie: the local file system, S3, Google Cloud Storage, Azure, the web. Paths are relative to the storage's root and separated
 * by `/`. All implementations pass `storageConformance` of `@pipewright/engine/testing`.
 *
 * Every method throws `UsageError` `STORAGE_PATH_REFUSED` for a path that is absolute, empty, leaves the root, or holds
 * NUL, `\`, `.` or `..` as a segment; and `InfrastructureError` `STORAGE_FAILED` when the storage itself fails, or
 * `STORAGE_DENIED` when it refuses for good. One that can only be read throws `UsageError` `STORAGE_READ_ONLY`.
 */
export interface Storage {
  /** Such as `file:///data/store`. */
  readonly url: string
  /** The whole content; undefined when there is no object at this path. */
  read(path: string): Promise<Uint8Array | undefined>
  /** Writes atomically: readers see the old content or the new, never a part. Durable when it returns. */
  write(path: string, bytes: Uint8Array): Promise<void>
  /** Whether there is an object (not merely a folder) at this path. */
  exists(path: string): Promise<boolean>
  /** Removes one object; silent when it is not there. */
  remove(path: string): Promise<void>
  /** Paths of all objects under a folder, recursively, sorted; `''` lists everything. */
  list(prefix: string): Promise<readonly string[]>
  /** Bytes of an object, undefined when there is none; where the storage tells without reading it. */
  size?(path: string): Promise<number | undefined>
  /** Removes a folder with all that is in it, also what writers left half done; where the storage has folders. */
  removeFolder?(path: string): Promise<void>
  /**
   * The content piece by piece, for what is too large to hold; undefined when there is no object at this path. With a
   * range only its bytes, or as many of them as there are. Where the storage can.
   */
  stream?(path: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined>
  /** As `write`, for content that comes piece by piece. When the pieces throw, nothing is written. Where the storage can. */
  writeStream?(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void>
  /** The file system path of an object, where the storage has one. */
  localPath?(path: string): string
}

/** Bytes of an object, from `start` up to and without `end`. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}
