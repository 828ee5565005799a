import type { KnownVersion, Measured } from './known-version.ts'

/** A version and what its run measured. */
export interface Candidate {
  readonly version: KnownVersion
  readonly measured: Measured
}

/** What the gate asks for. */
export interface GateOptions {
  /** Default: the metric that the candidate names. */
  readonly metric?: string | undefined
  /** Default: as the candidate says, else `higher`. */
  readonly better?: 'higher' | 'lower' | undefined
  /** The candidate must be better by so much at least. Default 0: as good is good enough. */
  readonly margin?: number | undefined
}

/** Whether a candidate may take a champion's place, and why. */
export interface Verdict {
  readonly passed: boolean
  readonly reason: string
  readonly metric?: string
  readonly candidate?: number
  readonly champion?: number
}

/**
 * Decides whether a version may become champion: it must have been measured on the same data as the champion, and be at
 * least as good by a margin. The first champion has nobody to be compared with.
 */
export function decide(
  candidate: Candidate,
  champion: Candidate | undefined,
  options: GateOptions = {},
): Verdict {
  const own = candidate.version.evaluation
  const metric = options.metric ?? own?.metric
  if (champion === undefined) return { passed: true, reason: 'there is no champion yet' }
  if (champion.version.version === candidate.version.version)
    return { passed: false, reason: 'it is the champion already' }
  if (metric === undefined)
    return {
      passed: false,
      reason:
        'it does not say by which metric it is compared: give --metric, or `evaluation` in its inferencePipeline',
    }
  const data = dataProblem(candidate.version, champion.version)
  if (data !== undefined) return { passed: false, reason: data, metric }
  const better = options.better ?? own?.better ?? 'higher'
  return compare(candidate, champion, { metric, better, margin: options.margin ?? 0 })
}

function compare(
  candidate: Candidate,
  champion: Candidate,
  { metric, better, margin }: Required<GateOptions> & { readonly metric: string },
): Verdict {
  const mine = candidate.measured.metrics[metric]
  const theirs = champion.measured.metrics[metric]
  if (mine === undefined || Number.isNaN(mine))
    return { passed: false, reason: `its run has no metric ${metric}`, metric }
  if (theirs === undefined || Number.isNaN(theirs))
    return { passed: false, reason: `the champion’s run has no metric ${metric}`, metric }
  const gain = better === 'lower' ? theirs - mine : mine - theirs
  const passed = gain >= (margin ?? 0)
  const asked = `asked for ${better === 'lower' ? 'lower' : 'higher'} by ${margin}`
  return {
    passed,
    reason: `${metric} is ${mine}, the champion’s ${theirs}: ${passed ? 'better' : 'not better'} enough (${asked})`,
    metric,
    candidate: mine,
    champion: theirs,
  }
}

/** Why two versions cannot be compared; undefined when they were measured on the same data. */
export function dataProblem(one: KnownVersion, other: KnownVersion): string | undefined {
  const mine = one.evaluation?.data ?? {}
  const theirs = other.evaluation?.data ?? {}
  const names = Object.keys(mine)
  if (names.length === 0) return `version ${one.version} does not say on which data it was measured`
  if (Object.keys(theirs).length === 0)
    return `version ${other.version} does not say on which data it was measured`
  const differs = [...new Set([...names, ...Object.keys(theirs)])].find(
    (name) => mine[name] !== theirs[name],
  )
  if (differs === undefined) return undefined
  return `they were measured on different data: ${differs} is not the same`
}
