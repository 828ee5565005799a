/**
 * The members of an object that are not undefined: a request that leaves one out and one that never heard of it are the same to
 * the client.
 */
export function given<Members extends object>(
  members: Members,
): { [Key in keyof Members]: Exclude<Members[Key], undefined> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined)
  // What is left has no undefined member.
  return Object.fromEntries(entries) as { [Key in keyof Members]: Exclude<Members[Key], undefined> }
}
