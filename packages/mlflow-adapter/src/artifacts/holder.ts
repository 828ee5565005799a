import type { DatasetReference } from '@pipewright/engine/internal'

import { MlflowError } from '../failure.ts'
import type { RecordingContext } from '../recording.ts'
import type { MlflowRun } from '../rest/entities.ts'
import type { DecidedPolicy } from './policy.ts'
import { artifactTag, contentTag, readNote, type ArtifactNote } from './tags.ts'

/** An MLflow run that holds a content. */
export interface Holder {
  readonly holder: string
  /** The page that shows it. */
  readonly url: string
}

/** What is uploaded of a value, as one word: equal words, equal bytes. */
export function contentOf(
  { sha256 }: Pick<DatasetReference, 'sha256'>,
  { compress }: Pick<DecidedPolicy, 'compress'>,
): string {
  return compress === 'gzip' ? `${sha256}+gzip` : sha256
}

/**
 * A run that holds the same content of a dataset, whole. MLflow itself is asked: a run that was deleted there, and an artifact
 * that was pruned, are not found. Undefined for contents that are too small to be worth a link.
 *
 * @param own The run that needs the content, when it is there already.
 */
export async function findHolder(
  { tracking, links, settings }: RecordingContext,
  { dataset, bytes, content }: Pick<ArtifactNote, 'dataset' | 'bytes' | 'content'>,
  own: string | undefined,
): Promise<Holder | undefined> {
  if (bytes < settings.artifacts.linkFrom) return undefined
  const found = await tracking
    .find(`tags.\`${contentTag(dataset)}\` = '${content}'`, 5)
    .catch(unlessRefused)
  for (const { info, data } of found) {
    const tag = data.tags.find(({ key }) => key === artifactTag(dataset))
    const note = tag && readNote(tag.value)
    if (info.run_id === own || note?.kind !== 'value' || note.pruning !== undefined) continue
    const page = links.run(info.experiment_id, info.run_id)
    const path = note.path.split('/').map(encodeURIComponent).join('/')
    return { holder: info.run_id, url: `${page}/artifacts/${path}` }
  }
  return undefined
}

/** What cannot be looked up is uploaded. */
function unlessRefused(error: unknown): readonly MlflowRun[] {
  if (error instanceof MlflowError) return []
  throw error
}
