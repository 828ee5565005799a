import { policyFor } from './policy.ts'
import type { ArtifactSettings, Keep } from './settings.ts'
import type { ArtifactNote } from './tags.ts'

/** An artifact of a dataset, and the run that has it. */
export interface RecordedArtifact {
  /** The MLflow run. */
  readonly mlflowRun: string
  /** The MLflow run of the whole pipeline: itself, when nodes have no runs of their own. */
  readonly parent: string
  readonly run: string
  readonly pipeline: string
  /** Empty on the run of the pipeline. */
  readonly node: string
  readonly startedAt: number
  readonly note: ArtifactNote
}

/** What a prune has to know of a pipeline's run. */
export interface ParentFacts {
  readonly hasEnded: boolean
  readonly metrics: ReadonlyMap<string, number>
  /** Why nothing of it is ever removed, if so. */
  readonly protectedBy: string | undefined
}

/** An artifact that goes, and why. */
export interface Removal extends RecordedArtifact {
  readonly why: string
}

/** What a prune does. */
export interface PrunePlan {
  readonly removals: readonly Removal[]
  /** What the rules would remove and something else keeps. */
  readonly kept: readonly Removal[]
  /** Rules that cannot be followed. */
  readonly problems: readonly string[]
}

/** What goes by the rules that say `keep`, and what stays nevertheless: runs that go on, registered models, contents that others link to. */
export function planPrune(
  artifacts: readonly RecordedArtifact[],
  parents: ReadonlyMap<string, ParentFacts>,
  settings: ArtifactSettings,
): PrunePlan {
  const problems: string[] = []
  const groups = new Map<string, { readonly keep: Keep; readonly members: RecordedArtifact[] }>()
  const chosen: Removal[] = []
  for (const artifact of artifacts) {
    const { pipeline, note, parent } = artifact
    if (parents.get(parent)?.hasEnded === false) continue
    if (note.pruning !== undefined) {
      // a prune before this one was interrupted
      chosen.push(removal(artifact, note.pruning))
      continue
    }
    const { keep } = policyFor(settings, { ...note, tags: note.tags ?? [] })
    if (keep === undefined) continue
    const name = JSON.stringify([pipeline, note.dataset, keep])
    const group = groups.get(name) ?? { keep, members: [] }
    group.members.push(artifact)
    groups.set(name, group)
  }
  for (const { keep, members } of groups.values()) {
    const beyond = 'last' in keep ? beyondLast(keep, members) : beyondBest(keep, members, parents)
    if (typeof beyond === 'string') problems.push(beyond)
    else chosen.push(...beyond)
  }
  return { ...spare(artifacts, chosen, parents), problems }
}

function beyondLast(
  { last }: Extract<Keep, { last: number }>,
  members: readonly RecordedArtifact[],
): readonly Removal[] {
  return members
    .toSorted(newestFirst)
    .slice(last)
    .map((member) => removal(member, `not among the last ${last}`))
}

function beyondBest(
  { best, by, mode }: Extract<Keep, { best: number }>,
  members: readonly RecordedArtifact[],
  parents: ReadonlyMap<string, ParentFacts>,
): readonly Removal[] | string {
  const valueOf = ({ parent }: RecordedArtifact): number => {
    const value = parents.get(parent)?.metrics.get(by)
    // a run without the metric is worse than any other
    if (value === undefined || Number.isNaN(value)) return -Infinity
    return mode === 'max' ? value : -value
  }
  const first = members[0]
  if (members.every((member) => valueOf(member) === -Infinity))
    return `No run of ${first?.pipeline ?? ''} has the metric ${by}, so every ${first?.note.dataset ?? ''} is kept.`
  return members
    .toSorted((one, two) => compare(valueOf(two), valueOf(one)) || newestFirst(one, two))
    .slice(best)
    .map((member) => removal(member, `not among the best ${best} by ${by}`))
}

/** Takes out what must stay: of protected runs, and contents to which a run links that keeps its link. */
function spare(
  artifacts: readonly RecordedArtifact[],
  chosen: readonly Removal[],
  parents: ReadonlyMap<string, ParentFacts>,
): Pick<PrunePlan, 'removals' | 'kept'> {
  const kept: Removal[] = []
  const removals = chosen.filter((removal) => {
    const reason = parents.get(removal.parent)?.protectedBy
    if (reason !== undefined) kept.push({ ...removal, why: reason })
    return reason === undefined
  })
  const goes = new Set(removals.map(nameOf))
  const needed = new Map<string, string>()
  for (const artifact of artifacts)
    if (artifact.note.holder !== undefined && !goes.has(nameOf(artifact)))
      needed.set(`${artifact.note.holder} ${artifact.note.dataset}`, artifact.mlflowRun)
  return {
    removals: removals.filter((removal) => {
      const by = needed.get(nameOf(removal))
      if (by !== undefined) kept.push({ ...removal, why: `linked from ${by}` })
      return by === undefined
    }),
    kept,
  }
}

function removal(artifact: RecordedArtifact, why: string): Removal {
  return { ...artifact, why }
}

function nameOf({ mlflowRun, note }: RecordedArtifact): string {
  return `${mlflowRun} ${note.dataset}`
}

function newestFirst(one: RecordedArtifact, two: RecordedArtifact): number {
  return two.startedAt - one.startedAt || compare(two.mlflowRun, one.mlflowRun)
}

function compare<Value extends number | string>(one: Value, two: Value): number {
  return one === two ? 0 : one < two ? -1 : 1
}
