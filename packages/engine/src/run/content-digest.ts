/** What people and MLflow, whose digests have 36 characters at most, call a content by: the begin of its sha256. */
export function contentDigest({ sha256 }: { readonly sha256: string }): string {
  return sha256.slice(0, 16)
}
