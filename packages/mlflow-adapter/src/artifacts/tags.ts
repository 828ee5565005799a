import * as z from 'zod'

import { mlflowKey } from '../key.ts'

/** On every run of MLflow that has an artifact of a dataset, so that a prune finds it. */
export const artifactsTag = 'pipewright.artifacts'

/** What there is of a dataset's value, or in plain words why there is nothing. */
export function artifactTag(dataset: string): string {
  return mlflowKey(`pipewright.artifact.${dataset}`)
}

/** On a run that holds the value itself, whole: which content it is. Written once the upload has ended. */
export function contentTag(dataset: string): string {
  return mlflowKey(`pipewright.content.${dataset}`)
}

/** What the tag of an artifact says. It holds all that the rules ask about, for a prune years later. */
export interface ArtifactNote {
  readonly dataset: string
  /** Among the artifacts of this run: the value, its summary, or the link to it. */
  readonly path: string
  readonly kind: 'value' | 'summary' | 'link'
  /** Format of the value. */
  readonly type: string
  /** Size of the value. */
  readonly bytes: number
  /** Content of the value: sha256, and how it is compressed. */
  readonly content: string
  /** Tags of the node that made it. */
  readonly tags?: readonly string[] | undefined
  /** Of a link: the MLflow run that holds the value, and the page that shows it there. */
  readonly holder?: string | undefined
  readonly url?: string | undefined
  /** A prune is removing it, for this reason. */
  readonly pruning?: string | undefined
}

const ArtifactNote: z.ZodType<ArtifactNote> = z.object({
  dataset: z.string(),
  path: z.string(),
  kind: z.enum(['value', 'summary', 'link']),
  type: z.string(),
  bytes: z.number(),
  content: z.string(),
  tags: z.array(z.string()).optional(),
  holder: z.string().optional(),
  url: z.string().optional(),
  pruning: z.string().optional(),
})

/** The note of a tag; undefined when the tag tells in plain words why there is nothing, or is not ours. */
export function readNote(text: string): ArtifactNote | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    return ArtifactNote.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
