import { readFile } from 'node:fs/promises'

import { bytes } from '../catalog/drivers/bytes.ts'
import { json } from '../catalog/drivers/json.ts'
import { toStored } from '../catalog/validate.ts'
import type { Dataset } from '../definition/dataset.ts'
import type { AnyNode } from '../definition/node.ts'
import { canonicalJson, sha256 } from '../plan/canonical-json.ts'
import { bundleNodes } from './bundle.ts'
import { digest } from './digest.ts'
import { exampleOf } from './example.ts'
import { inOrder } from './in-order.ts'
import { manifestFile, type ModelEvaluation, type ModelManifest } from './manifest.ts'
import { mlflowFiles } from './mlflow-files.ts'
import { packFiles } from './package.ts'
import { rowSchema } from './row-schema.ts'
import { verifyPackage } from './verify.ts'

/** What a model is packed from. */
export interface PackOptions {
  readonly name: string
  /** Name of the training pipeline. */
  readonly pipeline: string
  readonly nodes: readonly AnyNode[]
  readonly input: Dataset
  readonly output: Dataset
  readonly artifacts: readonly Dataset[]
  readonly code: string
  readonly verify: boolean
  /** Rows as JSON holds them. Undefined: the first of the input's value. */
  readonly example: readonly unknown[] | undefined
  readonly evaluation:
    | {
        readonly metric: string
        readonly better: 'higher' | 'lower'
        readonly data: readonly Dataset[]
      }
    | undefined
  /** Values of artifacts, evaluation data and, where training has it, the input, by dataset. */
  readonly values: Readonly<Record<string, unknown>>
  /** Params of the inference nodes, as the run keeps them. */
  readonly params: Readonly<Record<string, unknown>>
  readonly signal: AbortSignal
}

const codeFile = 'code/model.mjs'
const serveFile = 'code/serve.mjs'
/**
 * Packs a model: code, artifacts, params, contract and the files by which MLflow serves it, as a tar that is the same for the
 * same code and data.
 *
 * @throws NodeError `MODEL_CODE_NOT_FOUND`, `MODEL_NOT_BUNDLED`, `MODEL_OUT_OF_STEP`, `MODEL_NOT_VERIFIED`;
 * DatasetError `DATASET_INVALID`, `DATASET_NOT_ENCODABLE`
 */
export async function packModel(options: PackOptions): Promise<Uint8Array> {
  const example =
    options.example ?? (await exampleOf(options.input, options.values[options.input.name]))
  const code = await bundleNodes(options.code, options.nodes)
  const files = new Map<string, Uint8Array>([
    [codeFile, utf8(code)],
    [serveFile, await asset('serve.mjs')],
    ['python_model.py', await asset('python_model.py')],
  ])
  const artifacts: Record<string, { path: string; format: 'json' | 'bytes' }> = {}
  for (const dataset of options.artifacts) {
    // oxlint-disable-next-line no-await-in-loop -- each may be large
    const { path, format, content } = await artifactOf(dataset, options.values[dataset.name])
    artifacts[dataset.name] = { path, format }
    files.set(path, content)
  }
  const manifest: ModelManifest = {
    version: 1,
    name: options.name,
    pipeline: options.pipeline,
    input: options.input.name,
    output: options.output.name,
    ...describeCode(options, code),
    artifacts,
    code: codeFile,
    params: kept(options.params),
    files: Object.fromEntries([...files].map(([path, content]) => [path, digest(content)])),
    ...(options.evaluation && { evaluation: await evaluationOf(options) }),
    versions: { pipewright: await ownVersion(), node: process.versions.node },
  }
  for (const [path, text] of mlflowFiles(manifest, example)) files.set(path, utf8(text))
  files.set(manifestFile, utf8(`${JSON.stringify(manifest, undefined, 2)}\n`))
  await verifyPackage(files, { ...options, manifest, example })
  return await packFiles(files)
}

/** What is fixed by the code alone: everything that must be the same in two models that treat their rows alike. */
function describeCode(
  { name, nodes, input, output }: PackOptions,
  code: string,
): Pick<ModelManifest, 'nodes' | 'inputSchema' | 'outputSchema' | 'fingerprint'> {
  const described = {
    nodes: inOrder(name, nodes).map((node) => ({
      name: node.name,
      fingerprint: sha256(node.source).slice(0, 16),
    })),
    // The pipeline was refused when these are no rows.
    inputSchema: rowSchema(input) ?? {},
    outputSchema: rowSchema(output) ?? {},
  }
  return { ...described, fingerprint: sha256(canonicalJson({ ...described, code: sha256(code) })) }
}

async function artifactOf(
  dataset: Dataset,
  value: unknown,
): Promise<{
  readonly path: string
  readonly format: 'json' | 'bytes'
  readonly content: Uint8Array
}> {
  const stored = await toStored(dataset, value)
  const driver = stored instanceof Uint8Array ? bytes : json
  return {
    path: `artifacts/${dataset.name}${driver.extension}`,
    format: driver === bytes ? 'bytes' : 'json',
    content: await driver.encode(stored, dataset),
  }
}

async function evaluationOf({ evaluation, values }: PackOptions): Promise<ModelEvaluation> {
  const data: Record<string, string> = {}
  for (const dataset of evaluation?.data ?? []) {
    // oxlint-disable-next-line no-await-in-loop -- each may be large
    const { content } = await artifactOf(dataset, values[dataset.name])
    data[dataset.name] = digest(content).sha256
  }
  return { metric: evaluation?.metric ?? '', better: evaluation?.better ?? 'higher', data }
}

function kept(params: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined))
}

/** A file that is part of every package as it is. */
async function asset(name: string): Promise<Uint8Array> {
  return new Uint8Array(await readFile(new URL(`../../assets/${name}`, import.meta.url)))
}

async function ownVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  const content: unknown = JSON.parse(text)
  return typeof content === 'object' && content !== null && 'version' in content
    ? String(content.version)
    : ''
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
