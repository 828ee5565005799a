import type { AttemptEnd } from '../attempt-end.ts'
import { MlflowError } from '../failure.ts'
import type { RecordingContext, Upload } from '../recording.ts'
import type { Tags } from '../tags.ts'

const formats: Readonly<Record<string, readonly [extension: string, mediaType: string]>> = {
  json: ['.json', 'application/json'],
  csv: ['.csv', 'text/csv'],
  text: ['.txt', 'text/plain'],
  bytes: ['.bin', 'application/octet-stream'],
}

/** The outputs of an attempt that the settings ask for, and tags for those that are too large. */
export async function uploadsOf(
  { ledger, settings }: RecordingContext,
  end: AttemptEnd,
): Promise<{ readonly list: readonly Upload[]; readonly tags: Tags }> {
  const wanted = end.outputs.filter(({ dataset }) => settings.artifacts.datasets.includes(dataset))
  if (wanted.length === 0) return { list: [], tags: {} }
  // events carry no inline values
  const inline = wanted.filter((output) => output.inline === undefined && output.uri === undefined)
  const held = await ledger.data(
    end.run,
    inline.map(({ dataset }) => dataset),
  )
  const references = new Map(held.map((reference) => [reference.dataset, reference]))
  const list: Upload[] = []
  const tags: Record<string, string> = {}
  for (const output of wanted) {
    const reference = references.get(output.dataset) ?? output
    const [extension, mediaType] = formats[reference.format] ?? [
      `.${reference.format}`,
      'application/octet-stream',
    ]
    if (reference.bytes <= settings.artifacts.maxBytes)
      list.push({ reference, path: `${output.dataset}${extension}`, mediaType })
    else
      tags[artifactTag(output.dataset)] =
        `not uploaded: ${reference.bytes} bytes, more than artifacts.max_bytes (${settings.artifacts.maxBytes})`
  }
  return { list, tags }
}

/** Uploads outputs to a run. What cannot be uploaded is noted as a tag and does not keep the rest from being recorded. */
export async function uploadOutputs(
  context: RecordingContext,
  run: string,
  uploads: readonly Upload[],
): Promise<void> {
  await Promise.all(
    uploads.map(async (upload) => {
      const problem = await uploadOne(context, run, upload)
      if (problem === undefined) return
      const { dataset } = upload.reference
      context.log.warn({ dataset, mlflowRun: run, problem }, 'An artifact was not uploaded')
      await context.tracking.setTag(run, artifactTag(dataset), `not uploaded: ${problem}`)
    }),
  )
}

async function uploadOne(
  { tracking, readStore }: RecordingContext,
  run: string,
  { reference, path, mediaType }: Upload,
): Promise<string | undefined> {
  const bytes = await bytesOf(reference, readStore)
  if (typeof bytes === 'string') return bytes
  try {
    const kept = await tracking.putArtifact(run, path, bytes, mediaType)
    return kept ? undefined : 'the server does not keep the artifacts of this experiment itself'
  } catch (error) {
    if (error instanceof MlflowError) return error.message
    throw error
  }
}

async function bytesOf(
  { inline, uri }: Upload['reference'],
  readStore: RecordingContext['readStore'],
): Promise<Uint8Array | string> {
  if (inline !== undefined) return new TextEncoder().encode(inline)
  if (uri === undefined) return 'the ledger no longer holds its value'
  try {
    return (await readStore(uri)) ?? `the store has no ${uri}`
  } catch (error) {
    return `the store could not be read: ${error instanceof Error ? error.message : String(error)}`
  }
}

function artifactTag(dataset: string): string {
  return `pipewright.artifact.${dataset}`
}
