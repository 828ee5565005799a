/** What tells contents of one dataset apart in MLflow, whose digests have 36 characters at most: the begin of its sha256. */
export function digestOf({ sha256 }: { readonly sha256: string }): string {
  return sha256.slice(0, 16)
}
