import type { NodeFinished } from '@pipewright/engine/internal'

import { endOf } from '../attempt-end.ts'
import { eachOf } from '../each-of.ts'
import { MlflowError } from '../failure.ts'
import type { RecordingContext, RunRecording } from '../recording.ts'
import { attemptKey, tagList } from '../tags.ts'
import type { UploadBody } from '../upload-body.ts'
import { formOf } from './file-name.ts'
import { findHolder } from './holder.ts'
import { nameOf, pathOf, uploadsOf, type Upload } from './plan-upload.ts'
import { gzipped, SourceError, valueOf } from './source.ts'
import { summaryOf } from './summary.ts'
import { artifactTag, contentTag, type ArtifactNote } from './tags.ts'

/** Nodes whose values are uploaded at a time, once their run has failed. */
const nodesAtOnce = 4

/** Uploads outputs to a run. What cannot be uploaded is noted as a tag and does not keep the rest from being recorded. */
export async function uploadOutputs(
  context: RecordingContext,
  run: string,
  uploads: readonly Upload[],
): Promise<void> {
  await Promise.all(
    uploads.map(async (upload) => {
      const problem = await problemOf(uploadOne(context, run, upload))
      if (problem === undefined) return
      const { dataset } = upload.note
      context.log.warn({ dataset, mlflowRun: run, problem }, 'An artifact was not uploaded')
      await problemOf(
        context.tracking.setTag(run, artifactTag(dataset), `not uploaded: ${problem}`),
      )
    }),
  )
}

/**
 * Uploads outputs of a node whose own run is not recorded to the run of the whole pipeline, once.
 */
export async function uploadToParent(
  context: RecordingContext,
  recording: RunRecording,
  end: Parameters<typeof uploadsOf>[2],
): Promise<void> {
  if (recording.parent.ended) return
  await uploadPlanned(context, recording.parent.id, await uploadsOf(context, recording, end))
}

/** Uploads the values that are wanted only when a run fails, each to the run of the node that made it. */
export async function uploadAfterFailure(
  context: RecordingContext,
  recording: RunRecording,
  nodes: readonly NodeFinished[],
): Promise<void> {
  await eachOf(nodes, nodesAtOnce, async (record) => {
    const end = endOf(record)
    const uploads = await uploadsOf(context, recording, end, 'failure')
    const run = recording.attempts.get(attemptKey(record))?.id ?? recording.parent.id
    await uploadPlanned(context, run, uploads)
  })
}

async function uploadPlanned(
  context: RecordingContext,
  run: string,
  { list, tags }: Awaited<ReturnType<typeof uploadsOf>>,
): Promise<void> {
  const told = tagList(tags)
  if (told.length === 0) return
  await context.tracking.log(run, { params: [], metrics: [], tags: told })
  await uploadOutputs(context, run, list)
}

async function uploadOne(
  context: RecordingContext,
  run: string,
  upload: Upload,
): Promise<string | undefined> {
  const { reference, policy, note } = upload
  if (note.kind === 'link') return uploadLink(context, run, upload)
  if (note.kind === 'summary') {
    const bytes = await summaryOf(reference, context.readStream, policy)
    return put(context, run, note.path, inMemory(bytes, 'application/json'))
  }
  const problem = await put(context, run, note.path, bodyOf(context, upload))
  if (problem !== undefined || note.bytes < context.settings.artifacts.linkFrom) return problem
  // only now, for whoever finds it links to what is there
  await context.tracking.setTag(run, contentTag(note.dataset), note.content)
  return undefined
}

/**
 * Puts the address of the content in place of the content. It is asked for once more, now that the tag of this run says that it
 * needs it: a prune that began before has either seen that tag, or has marked the content, and then this run takes its own.
 */
async function uploadLink(
  context: RecordingContext,
  run: string,
  { reference, policy, note }: Upload,
): Promise<string | undefined> {
  const holder = await findHolder(context, note, run)
  if (holder === undefined) {
    const { holder: _holder, url: _url, ...rest } = note
    const path = pathOf(policy, nameOf(reference, policy))
    const own: ArtifactNote = { ...rest, kind: 'value', path }
    await context.tracking.setTag(run, artifactTag(note.dataset), JSON.stringify(own))
    return uploadOne(context, run, { reference, policy, note: own })
  }
  const link = { ...note, ...holder, sha256: reference.sha256 }
  if (holder.holder !== note.holder)
    await context.tracking.setTag(
      run,
      artifactTag(note.dataset),
      JSON.stringify({ ...note, ...holder }),
    )
  const json = new TextEncoder().encode(JSON.stringify(link, undefined, 2))
  return put(context, run, note.path, inMemory(json, 'application/json'))
}

async function put(
  { artifacts }: RecordingContext,
  run: string,
  path: string,
  body: UploadBody,
): Promise<string | undefined> {
  const isKept = await artifacts.put(run, path, body)
  return isKept ? undefined : 'the server does not keep the artifacts of this experiment itself'
}

function bodyOf({ readStream }: RecordingContext, { reference, policy }: Upload): UploadBody {
  if (policy.compress === 'gzip')
    return { open: () => gzipped(valueOf(reference, readStream)), mediaType: 'application/gzip' }
  const { mediaType } = formOf(reference.format)
  return { open: () => valueOf(reference, readStream), length: reference.bytes, mediaType }
}

function inMemory(bytes: Uint8Array, mediaType: string): UploadBody {
  return {
    async *open() {
      yield bytes
    },
    length: bytes.byteLength,
    mediaType,
  }
}

/** What went wrong, when it concerns this artifact alone. */
async function problemOf(work: Promise<string | undefined | void>): Promise<string | undefined> {
  try {
    return (await work) ?? undefined
  } catch (error) {
    if (error instanceof MlflowError || error instanceof SourceError) return error.message
    throw error
  }
}
