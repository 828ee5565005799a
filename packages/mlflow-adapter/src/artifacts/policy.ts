import type { ArtifactPolicy, ArtifactRule, ArtifactSettings, PartOfPolicy } from './settings.ts'

/** What rules ask about a value. */
export interface ArtifactFacts {
  readonly dataset: string
  /** Its format. */
  readonly type: string
  readonly bytes: number
  /** Tags of the node that made it. */
  readonly tags: readonly string[]
}

/** What becomes of a value. */
export interface DecidedPolicy extends ArtifactPolicy {
  /** Folder among the artifacts of the run; empty for their root. */
  readonly folder: string
}

/**
 * The policy for a value: of the first rule that fits, else the default. A dataset that is named itself, in `datasets` or
 * in the catalog, is always uploaded, in the way of the first rule that uploads it.
 */
export function policyFor(settings: ArtifactSettings, facts: ArtifactFacts): DecidedPolicy {
  const entry = Object.hasOwn(settings.entries, facts.dataset)
    ? settings.entries[facts.dataset]
    : undefined
  const isNamed = entry !== undefined || settings.datasets.includes(facts.dataset)
  const fitting = settings.rules.find(
    (rule) => (!isNamed || rule.log === 'always') && fits(rule, facts),
  )
  return {
    log: 'never',
    maxBytes: settings.maxBytes,
    sample: 20,
    compress: 'none',
    ...said(settings.default),
    ...(isModel(facts) && { log: 'never' }),
    ...said(fitting ?? {}),
    ...(isNamed && { log: 'always' }),
    folder: (entry?.path ?? '').replaceAll(/^\/+|\/+$/g, ''),
  }
}

/** Models are recorded as such, with all their files: only who asks for them by name or type has them among artifacts too. */
function isModel({ type }: ArtifactFacts): boolean {
  return type === 'model'
}

/** The keys of a policy that have a value. */
function said({ log, maxBytes, sample, keep, compress }: PartOfPolicy): Partial<ArtifactPolicy> {
  return {
    ...(log !== undefined && { log }),
    ...(maxBytes !== undefined && { maxBytes }),
    ...(sample !== undefined && { sample }),
    ...(keep !== undefined && { keep }),
    ...(compress !== undefined && { compress }),
  }
}

function fits(rule: ArtifactRule, facts: ArtifactFacts): boolean {
  const { dataset, type, tag, size } = rule
  return (
    (dataset === undefined || matchesGlob(facts.dataset, dataset)) &&
    (type === undefined ? !isModel(facts) : type === facts.type) &&
    (tag === undefined || facts.tags.includes(tag)) &&
    (size === undefined || (facts.bytes >= size.least && facts.bytes <= size.most))
  )
}

/** Whether a name matches a pattern in which `*` stands for any text and `?` for one character. Linear in most cases, never exponential. */
export function matchesGlob(name: string, pattern: string): boolean {
  let at = 0
  let place = 0
  let star = -1
  let from = 0
  while (at < name.length) {
    if (pattern[place] === '*') {
      star = place++
      from = at
    } else if (place < pattern.length && (pattern[place] === '?' || pattern[place] === name[at])) {
      place++
      at++
    } else if (star >= 0) {
      // the last star takes one character more
      place = star + 1
      at = ++from
    } else return false
  }
  while (pattern[place] === '*') place++
  return place === pattern.length
}
