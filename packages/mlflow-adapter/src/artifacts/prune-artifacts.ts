import { basename, dirname } from 'node:path/posix'

import { eachOf } from '../each-of.ts'
import { MlflowError } from '../failure.ts'
import type { Http } from '../http.ts'
import { artifactFolder, deleteArtifact, listArtifacts } from '../rest/artifacts.ts'
import type { MlflowRun } from '../rest/entities.ts'
import { deleteTag, searchRuns, setTag } from '../rest/runs.ts'
import { parentFacts } from './prune-facts.ts'
import { planPrune, type PrunePlan, type RecordedArtifact, type Removal } from './prune-plan.ts'
import type { ArtifactSettings } from './settings.ts'
import { artifactsTag, artifactTag, contentTag, readNote, type ArtifactNote } from './tags.ts'

const atOnce = 2

/** An artifact that was removed, or would be. */
export interface PrunedArtifact {
  readonly pipeline: string
  readonly run: string
  readonly node: string
  readonly mlflowRun: string
  readonly dataset: string
  readonly path: string
  readonly kind: ArtifactNote['kind']
  /** Of the file. 0 when it was gone already. */
  readonly bytes: number
  readonly startedAt: number
  readonly why: string
}

/** What a prune has done, or would do. */
export interface PrunedArtifacts {
  readonly removed: readonly PrunedArtifact[]
  /** What the rules would remove and something else keeps. */
  readonly kept: readonly Omit<PrunedArtifact, 'bytes'>[]
  /** Rules that could not be followed. */
  readonly problems: readonly string[]
  readonly bytes: number
}

/** What a prune works on. */
export interface Pruning {
  readonly http: Http
  readonly experiment: { readonly experiment_id: string; readonly artifact_location: string }
  readonly settings: ArtifactSettings
  /** Only artifacts of this pipeline. */
  readonly pipeline?: string | undefined
  readonly dryRun: boolean
  readonly now: Date
}

/** Removes the artifacts that the rules no longer keep, or says which. @throws MlflowError */
export async function prune(pruning: Pruning): Promise<PrunedArtifacts> {
  const { removals, kept, problems } = await plan(pruning)
  const removed: PrunedArtifact[] = []
  const spared: Removal[] = [...kept]
  const goes = new Set(removals.map(({ mlflowRun, note }) => `${mlflowRun} ${note.dataset}`))
  const one = async (removal: Removal): Promise<void> => {
    const bytes = await sizeOf(pruning, removal)
    const linker = pruning.dryRun ? undefined : await remove(pruning, removal, goes)
    if (linker === undefined) removed.push({ ...described(removal), bytes })
    else spared.push({ ...removal, why: `linked from ${linker}` })
  }
  // links before the contents that they lead to, wherever it is interrupted
  await eachOf(
    removals.filter((removal) => !isValue(removal)),
    atOnce,
    one,
  )
  await eachOf(removals.filter(isValue), atOnce, one)
  return {
    removed: removed.toSorted(inOrder),
    kept: spared.map(described).toSorted(inOrder),
    problems,
    bytes: removed.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

function isValue({ note }: Removal): boolean {
  return note.kind === 'value'
}

async function plan(pruning: Pruning): Promise<PrunePlan> {
  const { settings, pipeline } = pruning
  const all = (await search(pruning, `tags.\`${artifactsTag}\` = 'yes'`)).flatMap(artifactsOf)
  const parents = await parentFacts(
    pruning.http,
    all,
    await search(pruning, "tags.`pipewright.kind` = 'pipeline'"),
  )
  const { removals, kept, problems } = planPrune(all, parents, settings)
  const isAsked = (removal: Removal): boolean =>
    pipeline === undefined || removal.pipeline === pipeline
  return { removals: removals.filter(isAsked), kept: kept.filter(isAsked), problems }
}

function artifactsOf({ info, data }: MlflowRun): readonly RecordedArtifact[] {
  const tags = new Map(data.tags.map(({ key, value }) => [key, value]))
  return data.tags.flatMap(({ key, value }) => {
    const note = readNote(value)
    if (note === undefined || key !== artifactTag(note.dataset)) return []
    return {
      mlflowRun: info.run_id,
      parent: tags.get('mlflow.parentRunId') ?? info.run_id,
      run: tags.get('pipewright.run') ?? '',
      pipeline: tags.get('pipewright.pipeline') ?? '',
      node: tags.get('pipewright.node') ?? '',
      startedAt: info.start_time,
      note,
    }
  })
}

/**
 * Removes a file. Its tag is marked first, so that nobody links to it from now on; then it is asked whether somebody did in
 * the meantime.
 *
 * @returns the run that links to it, and for whose sake it stays
 */
async function remove(
  { http, experiment, now }: Pruning,
  { mlflowRun: run_id, note, why }: Removal,
  goes: ReadonlySet<string>,
): Promise<string | undefined> {
  const key = artifactTag(note.dataset)
  await http.call(setTag, { run_id, key, value: JSON.stringify({ ...note, pruning: why }) })
  const linker =
    note.kind === 'value' ? await linkerTo(http, experiment, run_id, note, goes) : undefined
  if (linker !== undefined) {
    const { pruning: _pruning, ...value } = note
    await http.call(setTag, { run_id, key, value: JSON.stringify(value) })
    return linker
  }
  const folder = artifactFolder(`${experiment.artifact_location}/${run_id}/artifacts`)
  if (folder !== undefined) await http.call(deleteArtifact(`${folder}/${note.path}`), {})
  await http.call(deleteTag, { run_id, key: contentTag(note.dataset) }).catch(unlessRefused)
  const value = `pruned on ${now.toISOString().slice(0, 10)}: ${why}`
  await http.call(setTag, { run_id, key, value })
  return undefined
}

async function linkerTo(
  http: Http,
  { experiment_id }: Pruning['experiment'],
  holder: string,
  { dataset }: ArtifactNote,
  goes: ReadonlySet<string>,
): Promise<string | undefined> {
  const filter = `tags.\`${artifactTag(dataset)}\` LIKE '%"holder":"${holder}"%'`
  const request = { experiment_ids: [experiment_id], filter, max_results: 1000 }
  const { runs } = await http.call(searchRuns, request)
  return runs.find(({ info }) => !goes.has(`${info.run_id} ${dataset}`))?.info.run_id
}

async function sizeOf(
  { http, experiment }: Pruning,
  { mlflowRun, note }: Removal,
): Promise<number> {
  const root = artifactFolder(`${experiment.artifact_location}/${mlflowRun}/artifacts`)
  if (root === undefined) return 0
  const path = dirname(`${root}/${note.path}`)
  const { files } = await http.call(listArtifacts, { path })
  return files.find((file) => basename(file.path) === basename(note.path))?.file_size ?? 0
}

async function search(
  { http, experiment }: Pruning,
  filter: string,
): Promise<readonly MlflowRun[]> {
  const found: MlflowRun[] = []
  let page: string | undefined
  do {
    const request = {
      experiment_ids: [experiment.experiment_id],
      filter,
      max_results: 500,
      ...(page === undefined ? {} : { page_token: page }),
    }
    // oxlint-disable-next-line no-await-in-loop -- the token of a page is in the page before
    const answer = await http.call(searchRuns, request)
    found.push(...answer.runs)
    page = answer.next_page_token
  } while (page !== undefined && page !== '')
  return found
}

function described(removal: Removal): Omit<PrunedArtifact, 'bytes'> {
  const { pipeline, run, node, mlflowRun, startedAt, why, note } = removal
  const { dataset, path, kind } = note
  return { pipeline, run, node, mlflowRun, dataset, path, kind, startedAt, why }
}

function inOrder(
  one: Pick<PrunedArtifact, 'startedAt' | 'mlflowRun' | 'dataset'>,
  two: Pick<PrunedArtifact, 'startedAt' | 'mlflowRun' | 'dataset'>,
): number {
  return (
    one.startedAt - two.startedAt ||
    one.mlflowRun.localeCompare(two.mlflowRun) ||
    one.dataset.localeCompare(two.dataset)
  )
}

/** A value that was not worth a link has no such tag. */
function unlessRefused(error: unknown): void {
  if (!(error instanceof MlflowError) || error.retryable) throw error
}
