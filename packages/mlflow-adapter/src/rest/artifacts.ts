/**
 * The address of an artifact on the server's own artifact store, below the server's root; undefined when the
 * experiment's artifacts lie elsewhere (S3, a file system), where only a client with access to that place can write.
 *
 * @param root The run's `artifact_uri`, such as `mlflow-artifacts:/1/4f0c/artifacts`.
 */
export function artifactAddress(root: string, path: string): string | undefined {
  const below = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(?<folder>.+)$/.exec(root)?.groups?.['folder']
  if (below === undefined) return undefined
  const segments = [...below.split('/'), ...path.split('/')].filter((segment) => segment !== '')
  return `/api/2.0/mlflow-artifacts/artifacts/${segments.map(encodeURIComponent).join('/')}`
}
