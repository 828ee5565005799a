/** A model in MLflow, as an address names it. */
export type ModelAddress =
  | { readonly by: 'version'; readonly name: string; readonly version: string }
  | { readonly by: 'alias'; readonly name: string; readonly alias: string }
  /** The newest version. */
  | { readonly by: 'latest'; readonly name: string }
  | { readonly by: 'model'; readonly id: string }
  | { readonly by: 'run'; readonly run: string; readonly path: string }

const registered = /^models:\/{1,3}(?<name>[^/@]+)\/(?<version>\d+)$/
const newest = /^models:\/{1,3}(?<name>[^/@]+)\/latest$/i
const aliased = /^models:\/{1,3}(?<name>[^/@]+)@(?<alias>[^/@]+)$/
const logged = /^models:\/{1,3}(?<id>m-[^/@]+)$/
const ofRun = /^runs:\/{1,3}(?<run>[^/]+)\/(?<path>.+)$/

/**
 * Reads `models:/name/3`, `models:/name@champion`, `models:/name/latest`, `models:/m-…` and `runs:/<run>/<path>`;
 * undefined for any other text, such as that of a stage, which MLflow has given up.
 */
export function modelAddress(text: string): ModelAddress | undefined {
  const { name = '', version } = registered.exec(text)?.groups ?? {}
  if (version !== undefined) return { by: 'version', name, version }
  const latest = newest.exec(text)?.groups?.['name']
  if (latest !== undefined) return { by: 'latest', name: latest }
  const alias = aliased.exec(text)?.groups
  if (alias !== undefined)
    return { by: 'alias', name: alias['name'] ?? '', alias: alias['alias'] ?? '' }
  const id = logged.exec(text)?.groups?.['id']
  if (id !== undefined) return { by: 'model', id }
  const run = ofRun.exec(text)?.groups
  return run && { by: 'run', run: run['run'] ?? '', path: run['path'] ?? '' }
}
