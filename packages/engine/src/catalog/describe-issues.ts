import { valuePath } from './value-path.ts'

/** What is read of a zod issue. */
export interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
  /** Of a union: the issues of each alternative. */
  readonly errors?: readonly (readonly Issue[])[]
}

const shown = 3
const longest = 160

/** What is wrong and where, the first three: short whatever the size of the value. */
export function describeIssues(issues: readonly Issue[]): string {
  const parts = issues.slice(0, shown).map((issue) => describe(issue, []))
  const more = issues.length - parts.length
  return parts.join('; ') + (more > 0 ? `; and ${more} more` : '')
}

function describe(issue: Issue, parent: readonly PropertyKey[]): string {
  const path = [...parent, ...issue.path]
  const branch = deepest(issue.errors ?? [])
  if (branch !== undefined) return describe(branch, path)
  return `at ${valuePath(path)}: ${issue.message.slice(0, longest)}`
}

/** Of a union's alternatives, the one that got furthest into the value is the one that was meant. */
function deepest(alternatives: readonly (readonly Issue[])[]): Issue | undefined {
  let best: Issue | undefined
  for (const [first] of alternatives) {
    if (first !== undefined && first.path.length > (best?.path.length ?? 0)) best = first
  }
  return best
}
