import { fileStem, type DatasetReference } from '@pipewright/engine/internal'

import type { AttemptEnd } from '../attempt-end.ts'
import type { RecordingContext, RunRecording } from '../recording.ts'
import { attemptKey, type Tags } from '../tags.ts'
import { formOf } from './file-name.ts'
import { contentOf, findHolder } from './holder.ts'
import { policyFor, type DecidedPolicy } from './policy.ts'
import { artifactsTag, artifactTag, type ArtifactNote } from './tags.ts'

/** What is to be uploaded of one output. */
export interface Upload {
  readonly reference: DatasetReference
  readonly policy: DecidedPolicy
  readonly note: ArtifactNote
}

/** Uploads of an attempt, and the tags that tell of them. */
export interface Uploads {
  readonly list: readonly Upload[]
  readonly tags: Tags
}

/** When values are uploaded: at the end of the attempt, or once the run has failed. */
export type Moment = 'end' | 'failure'

/**
 * What the settings ask for of an attempt's outputs, and tags that say what there will be. A content that an earlier run
 * holds is to be linked.
 */
export async function uploadsOf(
  context: RecordingContext,
  recording: RunRecording,
  end: AttemptEnd,
  moment: Moment = 'end',
): Promise<Uploads> {
  const tags = recording.plan?.nodes[end.index]?.tags ?? []
  const wanted = end.outputs.flatMap((output) => {
    const { dataset, format: type, bytes } = output
    const policy = policyFor(context.settings.artifacts, { dataset, type, bytes, tags })
    return isMoment(policy, moment) ? [{ output, policy }] : []
  })
  if (wanted.length === 0) return { list: [], tags: {} }
  // events carry neither inline values nor what is known of columns
  const held = await context.ledger.data(
    end.run,
    wanted.map(({ output }) => output.dataset),
  )
  const references = new Map(held.map((reference) => [reference.dataset, reference]))
  const own = recording.attempts.get(attemptKey(end))?.id
  const list: Upload[] = []
  const told: Record<string, string> = {}
  for (const { output, policy } of wanted) {
    const reference = references.get(output.dataset) ?? output
    const { bytes, dataset } = reference
    if (policy.log !== 'summary' && bytes > policy.maxBytes) {
      told[artifactTag(dataset)] =
        `not uploaded: ${bytes} bytes, more than max_bytes (${policy.maxBytes})`
      continue
    }
    // oxlint-disable-next-line no-await-in-loop -- few outputs of a node are uploaded
    const note = await noteOf(context, { reference, policy, tags, own })
    list.push({ reference, policy, note })
    told[artifactTag(dataset)] = JSON.stringify(note)
  }
  return { list, tags: { ...told, ...(list.length > 0 && { [artifactsTag]: 'yes' }) } }
}

function isMoment({ log }: DecidedPolicy, moment: Moment): boolean {
  return moment === 'failure' ? log === 'on_failure' : log === 'always' || log === 'summary'
}

async function noteOf(
  context: RecordingContext,
  {
    reference,
    policy,
    tags,
    own,
  }: Omit<Upload, 'note'> & { readonly tags: readonly string[]; readonly own: string | undefined },
): Promise<ArtifactNote> {
  const { dataset, format: type, bytes } = reference
  const note = {
    dataset,
    type,
    bytes,
    content: contentOf(reference, policy),
    ...(tags.length > 0 && { tags }),
  }
  if (policy.log === 'summary')
    return { ...note, kind: 'summary', path: pathOf(policy, `${fileStem(dataset)}.summary.json`) }
  const path = pathOf(policy, nameOf(reference, policy))
  const holder = await findHolder(context, note, own)
  if (holder === undefined) return { ...note, kind: 'value', path }
  return { ...note, kind: 'link', path: `${path}.link.json`, ...holder }
}

/** File name of a value. */
export function nameOf(
  { dataset, format, extension }: Pick<DatasetReference, 'dataset' | 'format' | 'extension'>,
  { compress }: Pick<DecidedPolicy, 'compress'>,
): string {
  return `${fileStem(dataset)}${extension ?? formOf(format).extension}${compress === 'gzip' ? '.gz' : ''}`
}

export function pathOf({ folder }: Pick<DecidedPolicy, 'folder'>, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}
