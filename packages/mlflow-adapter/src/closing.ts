import type { NodeFinished, RunFinished } from '@pipewright/engine/internal'

import { attempted } from './attempted.ts'
import { mlflowKeys } from './key.ts'
import { artifactPage, chartsPage, runPage, tablePage, viewPage } from './links.ts'
import { promotedNames } from './metrics.ts'
import { nodesTable, nodesTablePath, nodesTableTag } from './nodes-table.ts'
import { closedNote } from './note/run-note.ts'
import { writeParams } from './params.ts'
import { pictureOf } from './picture/picture.ts'
import type { RecordingContext, RunRecording } from './recording.ts'
import type { MetricPoint } from './rest/entities.ts'
import { mostViews, savedView, viewOf, viewTag } from './saved-view.ts'
import type { Tags } from './tags.ts'

const picturePath = 'pipeline.svg'

/** How a run ended, and what its parent shows of it. */
export interface Closing {
  readonly event: RunFinished
  readonly nodes: readonly NodeFinished[]
  readonly metrics: readonly MetricPoint[]
}

/**
 * What a run's end adds to its parent for people: the description with a picture of the nodes, the table of nodes when it
 * stands for their runs, and the saved view of the pipeline. Nothing of it keeps the run from its end.
 *
 * @returns tags of the parent
 */
export async function describeEnd(
  context: RecordingContext,
  recording: RunRecording,
  closing: Closing,
): Promise<Tags> {
  const [hasPicture, hasTable, hasView] = await Promise.all([
    attempted(context, recording, 'the picture', () => putPicture(context, recording, closing)),
    attempted(context, recording, 'the table of nodes', () =>
      putTable(context, recording, closing),
    ),
    attempted(context, recording, 'the view', () => saveView(context, recording, closing)),
  ])
  const note = noteOf(recording, closing, { hasPicture, hasView })
  return { 'mlflow.note.content': note, ...(hasTable ? nodesTableTag : {}) }
}

function noteOf(
  { plan, header, experiment, parent, attempts }: RunRecording,
  { event, nodes }: Closing,
  { hasPicture, hasView }: { readonly hasPicture: boolean; readonly hasView: boolean },
): string | undefined {
  if (plan === undefined) return undefined
  const { pipeline, startedAt = header.createdAt } = header
  const pages = new Map(
    nodes.flatMap(({ node }) => {
      const record = attempts.latest(node)
      return record === undefined ? [] : [[node, record.id] as const]
    }),
  )
  const picture = hasPicture ? artifactPage(parent.id, picturePath) : undefined
  return closedNote(
    plan,
    { event, startedAt, nodes, pages, picture },
    {
      table: hasView ? viewPage(experiment, viewOf(pipeline)) : tablePage(experiment, pipeline),
      charts: chartsPage(experiment, pipeline),
      page: (run) => runPage(experiment, run),
    },
  )
}

async function putPicture(
  { tracking }: RecordingContext,
  { header, plan, parent }: RunRecording,
  { nodes }: Closing,
): Promise<boolean> {
  const svg = plan && pictureOf(header.plan, plan, nodes)
  if (svg === undefined) return false
  return tracking.putArtifact(parent.id, picturePath, Buffer.from(svg), 'image/svg+xml')
}

async function putTable(
  { tracking }: RecordingContext,
  { mapped, parent }: RunRecording,
  { nodes }: Closing,
): Promise<boolean> {
  if (mapped === 'runs') return false
  const json = Buffer.from(nodesTable(nodes))
  return tracking.putArtifact(parent.id, nodesTablePath, json, 'application/json')
}

/** True when the experiment has a view of the pipeline. */
async function saveView(
  { tracking, settings }: RecordingContext,
  { header, plan }: RunRecording,
  { event, nodes, metrics }: Closing,
): Promise<boolean> {
  const { pipeline } = header
  const key = `${viewTag}${viewOf(pipeline)}`
  const tags = await tracking.experimentTags()
  const present = tags.get(key)
  // a run that failed may have none of the metrics
  if (event.status !== 'succeeded') return present !== undefined
  const views = [...tags.keys()].filter((tag) => tag.startsWith(viewTag))
  if (present === undefined && views.length >= mostViews) return false
  const keys = [...new Set(metrics.map((metric) => metric.key))]
  const bare = new Set(mlflowKeys(promotedNames(plan, nodes).values()).values())
  const view = savedView(
    {
      pipeline,
      promoted: keys.filter((metric) => bare.has(metric)),
      others: keys.filter((metric) => !bare.has(metric)),
      params: writeParams(header.params, settings.params).params.map((param) => param.key),
    },
    present,
    Math.round(event.at),
  )
  if (view !== undefined) await tracking.tagExperiment(key, view)
  return true
}
