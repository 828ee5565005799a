import { UsageError } from '../errors.ts'

/**
 * The parts of a path in a storage.
 *
 * @throws UsageError `STORAGE_PATH_REFUSED` for one that is absolute, empty, leaves the root, or holds NUL, `\`, `.` or
 * `..` as a part.
 */
export function pathParts(path: string): readonly string[] {
  if (path.includes('\0')) throw pathRefused(path, 'it holds a NUL character')
  if (path.includes('\\')) throw pathRefused(path, 'it holds a backslash')
  if (path.startsWith('/')) throw pathRefused(path, 'it is absolute')
  const parts = path.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw pathRefused(path, 'it is empty, or a part of it is empty, "." or ".."')
  }
  return parts
}

/** The name of an object under a prefix, where a bucket has no folders. @throws UsageError `STORAGE_PATH_REFUSED` */
export function objectName(prefix: string, path: string): string {
  const name = pathParts(path).join('/')
  return prefix === '' ? name : `${prefix}/${name}`
}

/** What the names of all objects under a folder begin with. @throws UsageError `STORAGE_PATH_REFUSED` */
export function folderPrefix(prefix: string, folder: string): string {
  const name = folder === '' ? prefix : objectName(prefix, folder)
  return name === '' ? '' : `${name}/`
}

export function pathRefused(path: string, reason: string): UsageError {
  const shown = JSON.stringify(path.slice(0, 200))
  return new UsageError(
    'STORAGE_PATH_REFUSED',
    `The storage refuses the path ${shown}: ${reason}.`,
    { hint: 'Use a path relative to the root of the storage that stays inside it.' },
  )
}
