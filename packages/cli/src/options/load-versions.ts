import { keyValues } from './key-values.ts'

/**
 * What `--load-versions model:2026-11-23T16.44.18.123Z` says of the inputs of a run.
 *
 * @throws UsageError `INVALID_OPTION_VALUE`
 */
export function loadVersions(
  texts: readonly string[] = [],
): Readonly<Record<string, { readonly version: string }>> {
  const versions = Object.entries(keyValues('--load-versions', ':', texts))
  return Object.fromEntries(versions.map(([dataset, version]) => [dataset, { version }]))
}
