import type { VersionAddress } from '@pipewright/mlflow-adapter'

/** What a lineage is asked of: a dataset, perhaps one content of it, or a version of a registered model. */
export type Subject =
  | { readonly kind: 'dataset'; readonly dataset: string; readonly digest: string | undefined }
  | { readonly kind: 'version'; readonly address: VersionAddress }

/**
 * Reads `days`, `days@9c1d` (a digest or its begin), `models:/weather`, `models:/weather/3` or `models:/weather@champion`.
 */
export function readSubject(text: string): Subject {
  const model = /^models:\/+(?<rest>.+)$/.exec(text)?.groups?.['rest']
  if (model === undefined) {
    const [dataset = text, digest] = text.split('@')
    return { kind: 'dataset', dataset, digest }
  }
  const {
    name = model,
    alias,
    version,
  } = /^(?<name>.+?)(?:@(?<alias>[^@/]+)|\/(?<version>\d+))?$/.exec(model)?.groups ?? {}
  if (alias !== undefined) return { kind: 'version', address: { name, alias } }
  if (version !== undefined) return { kind: 'version', address: { name, version } }
  return { kind: 'version', address: { name } }
}
