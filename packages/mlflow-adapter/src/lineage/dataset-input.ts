import { contentDigest, type Column, type DatasetSummary } from '@pipewright/engine/internal'

import type { DatasetEntity, DatasetInput } from '../rest/inputs.ts'
import { tagList, type Tags } from '../tags.ts'
import { cut } from '../value.ts'
import type { DatasetUse } from './dataset-use.ts'

/** Tag of an input: the node of the same run that made the dataset. */
export const madeByTag = 'pipewright.made_by'

const longestTag = 500
const longestSource = 60_000

/** Whose input it is. */
export interface Reader {
  readonly run: string
  readonly pipeline: string
  /** What the dataset is read for: MLflow shows it beside the dataset. */
  readonly context: string
  /** Address of the runs' store, when it is known. */
  readonly storeUrl: string | undefined
}

/** A dataset that was read, as MLflow takes it. */
export function datasetInput(use: DatasetUse, reader: Reader): DatasetInput {
  const { content, producer, argumentNames } = use
  const names = argumentNames.filter((name) => name !== content.dataset)
  const tags: Tags = {
    'mlflow.data.context': cut(reader.context, longestTag),
    [madeByTag]: producer === undefined ? undefined : cut(producer, longestTag),
    'pipewright.argument': cut(names.join(', '), longestTag),
  }
  return { tags: tagList(tags), dataset: datasetEntity(use, reader) }
}

function datasetEntity({ content, producer }: DatasetUse, reader: Reader): DatasetEntity {
  const schema = schemaText(content.schema)
  return {
    name: content.dataset,
    digest: contentDigest(content),
    ...sourceOf(content, producer, reader),
    ...(schema === undefined ? {} : { schema }),
    profile: profileText(content),
  }
}

/** Where the content lies, in a form that MLflow's Python client can load; for a value of the ledger, the code that made it. */
function sourceOf(
  content: DatasetUse['content'],
  producer: string | undefined,
  { run, pipeline, storeUrl }: Reader,
): Pick<DatasetEntity, 'source_type' | 'source'> {
  if ('path' in content) return placeOf(content.path)
  if (content.uri !== undefined && storeUrl !== undefined)
    return placeOf(`${storeUrl.replace(/\/+$/, '')}/${content.uri}`)
  const tags = {
    'mlflow.source.type': 'JOB',
    'mlflow.source.name': `pipewright ${pipeline}`,
    'pipewright.run': run,
    ...(producer === undefined ? {} : { 'pipewright.node': producer }),
  }
  return { source_type: 'code', source: JSON.stringify({ tags }) }
}

function placeOf(address: string): Pick<DatasetEntity, 'source_type' | 'source'> {
  const scheme = /^(?<scheme>[a-z][a-z0-9+.-]+):\//i.exec(address)?.groups?.['scheme']
  const type = scheme === undefined || scheme === 'file' ? 'local' : scheme.toLowerCase()
  return {
    source_type: type.slice(0, 36),
    source: JSON.stringify({ uri: address.slice(0, longestSource) }),
  }
}

function schemaText(schema: readonly Column[] | undefined): string | undefined {
  if (schema === undefined || schema.length === 0) return undefined
  return JSON.stringify({ mlflow_colspec: schema.map(columnSpec) })
}

function columnSpec([name, word]: Column): object {
  const required = !word.endsWith('?')
  const type = required ? word : word.slice(0, -1)
  const item = /^array<(?<item>\w+)>$/.exec(type)?.groups?.['item']
  const described = item === undefined ? { type } : { type: 'array', items: { type: item } }
  return { ...described, name, required }
}

/** MLflow's own datasets say `num_rows` and `num_elements`. */
function profileText(content: DatasetSummary & { readonly bytes: number }): string {
  const { rows, columns, stats, sampled } = content.profile ?? {}
  return JSON.stringify({
    ...(rows === undefined ? {} : { num_rows: rows }),
    ...(rows === undefined || columns === undefined ? {} : { num_elements: rows * columns }),
    num_bytes: content.bytes,
    ...(stats === undefined ? {} : { columns: stats }),
    ...(sampled === undefined ? {} : { sampled_rows: sampled }),
  })
}
