import * as z from 'zod'

import type { DatasetInput } from '../rest/inputs.ts'
import type { RunWithData } from '../rest/lineage.ts'
import { runTag, statusTag } from '../tags.ts'
import { madeByTag } from './dataset-input.ts'
import { outputTag } from './lineage-tags.ts'
import type { DatasetContent, NodeLineage, ReadContent, RunLineage } from './run-lineage.ts'

const Profile = z.object({ num_rows: z.number().optional(), num_bytes: z.number().optional() })
const Source = z.object({ uri: z.string().optional() })

/** Tags of a run by name. */
export function tagsOf({ data }: Pick<RunWithData, 'data'>): Readonly<Record<string, string>> {
  return Object.fromEntries(data.tags.map(({ key, value }) => [key, value]))
}

/** The lineage of a run as MLflow holds it: its parent and the runs of its nodes. Undefined without a parent. */
export function recordedRun(found: readonly RunWithData[]): RunLineage | undefined {
  const runs = found.map((run) => ({ run, tags: tagsOf(run) }))
  const parent = runs.find(({ tags }) => tags['pipewright.kind'] === 'pipeline')
  if (parent === undefined) return undefined
  const isMaker = Object.keys(parent.tags).some((name) => name.startsWith(outputTag))
  // where nodes have no runs of their own, the parent stands for all of them
  const nodes = isMaker ? [parent] : runs.filter(({ tags }) => tags['pipewright.kind'] === 'node')
  const known = new Map(
    nodes
      .flatMap(({ run }) => run.inputs.dataset_inputs)
      .map((input) => [keyOf(input.dataset), contentOf(input)]),
  )
  return {
    run: parent.tags[runTag] ?? '',
    pipeline: parent.tags['pipewright.pipeline'] ?? parent.run.info.run_name,
    status: parent.tags[statusTag] ?? parent.run.info.status.toLowerCase(),
    createdAt: parent.run.info.start_time,
    source: 'mlflow',
    tags: parent.tags,
    nodes: nodes.map(({ run, tags }) => nodeOf(run, tags, known)),
  }
}

function nodeOf(
  { info, inputs }: RunWithData,
  tags: Readonly<Record<string, string>>,
  known: ReadonlyMap<string, DatasetContent>,
): NodeLineage {
  const made = Object.entries(tags)
    .filter(([name]) => name.startsWith(outputTag))
    .toSorted(([one], [two]) => (one < two ? -1 : 1))
  return {
    node: tags['pipewright.node'] ?? info.run_name,
    status: tags[statusTag] ?? info.status.toLowerCase(),
    inputs: inputs.dataset_inputs.map(readContent),
    outputs: made.map(([name, digest]) => madeContent(name.slice(outputTag.length), digest, known)),
  }
}

/** Who read a content tells how large it was; where it lay for that reader does not matter here. */
function madeContent(
  dataset: string,
  digest: string,
  known: ReadonlyMap<string, DatasetContent>,
): DatasetContent {
  const { bytes, rows } = known.get(keyOf({ name: dataset, digest })) ?? {}
  return { dataset, digest, bytes, rows }
}

function keyOf({ name, digest }: { readonly name: string; readonly digest: string }): string {
  return `${name} ${digest}`
}

function readContent(input: DatasetInput): ReadContent {
  const madeBy = input.tags.find(({ key }) => key === madeByTag)?.value
  const { place, ...content } = contentOf(input)
  return madeBy === undefined ? { ...content, place, madeBy } : { ...content, madeBy }
}

function contentOf({ dataset }: DatasetInput): DatasetContent {
  const profile = parsed(Profile, dataset.profile)
  return {
    dataset: dataset.name,
    digest: dataset.digest,
    bytes: profile?.num_bytes,
    rows: profile?.num_rows,
    place: parsed(Source, dataset.source)?.uri,
  }
}

/** Datasets may be logged by anybody, in forms of their own. */
function parsed<Type>(schema: z.ZodType<Type>, text: string | undefined): Type | undefined {
  try {
    return schema.safeParse(JSON.parse(text ?? '')).data
  } catch {
    return undefined
  }
}
