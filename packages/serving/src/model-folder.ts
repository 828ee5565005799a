import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { UsageError } from '@pipewright/engine'
import { parseYaml, plain } from '@pipewright/engine/internal'
import * as z from 'zod'

/** Flavors that can be served, the first that a model has being taken. */
export const flavors = ['pipewright', 'onnx', 'python_function'] as const

export type Flavor = (typeof flavors)[number]

/** One input of a signature: a column of a table, or a tensor. */
export interface SignatureInput {
  readonly name?: string | undefined
  /** MLflow's name of the type; undefined for a tensor. */
  readonly column?: string | undefined
  readonly tensor?: { readonly dtype: string; readonly shape: readonly number[] } | undefined
  readonly required: boolean
}

/** What the `MLmodel` file of a folder says. */
export interface ModelFolder {
  readonly path: string
  readonly flavors: Readonly<Partial<Record<Flavor, Readonly<Record<string, unknown>>>>>
  /** Undefined when the model was logged without a signature. */
  readonly inputs: readonly SignatureInput[] | undefined
  /** The body of a request that the model must be able to answer, if it brings one along. */
  readonly example: string | undefined
}

const Input: z.ZodType<SignatureInput> = z
  .object({
    type: z.unknown(),
    name: z.string().optional(),
    required: z.boolean().default(true),
    'tensor-spec': z.object({ dtype: z.string(), shape: z.array(z.int()) }).optional(),
  })
  .transform(({ type, name, required, 'tensor-spec': tensor }) => ({
    name,
    required,
    tensor,
    column: tensor === undefined ? String(type) : undefined,
  }))

const Inputs = z.array(Input)

const MlModel = z.object({
  flavors: z.record(z.string(), z.record(z.string(), z.unknown())),
  signature: z.object({ inputs: z.string().nullish() }).nullish(),
})

/**
 * Reads what a model says about itself.
 *
 * @throws UsageError `MODEL_UNREADABLE`
 */
export async function readModelFolder(path: string): Promise<ModelFolder> {
  try {
    const file = join(path, 'MLmodel')
    const { flavors: known, signature } = MlModel.parse(
      plain(parseYaml(await readFile(file, 'utf8'), file)),
    )
    const inputs: unknown = JSON.parse(signature?.inputs ?? 'null')
    return {
      path,
      flavors: Object.fromEntries(
        flavors.flatMap((flavor) => (known[flavor] ? [[flavor, known[flavor]]] : [])),
      ),
      inputs: inputs === null ? undefined : Inputs.parse(inputs),
      example: await readExample(path),
    }
  } catch (error) {
    throw new UsageError(
      'MODEL_UNREADABLE',
      `${path} is no MLflow model: ${error instanceof Error ? error.message : String(error)}`,
      { hint: 'Name the folder that holds the MLmodel file.', cause: error },
    )
  }
}

async function readExample(path: string): Promise<string | undefined> {
  try {
    return await readFile(join(path, 'serving_input_example.json'), 'utf8')
  } catch {
    return undefined
  }
}

/**
 * The flavor to serve.
 *
 * @param wanted Undefined: the first of {@link flavors} that the model has.
 * @throws UsageError `MODEL_FLAVOR_UNKNOWN`
 */
export function chooseFlavor(folder: ModelFolder, wanted: Flavor | undefined): Flavor {
  const has = flavors.filter((flavor) => folder.flavors[flavor] !== undefined)
  const chosen = wanted ?? has[0]
  if (chosen !== undefined && has.includes(chosen)) return chosen
  throw new UsageError(
    'MODEL_FLAVOR_UNKNOWN',
    `The model in ${folder.path} has ${has.length === 0 ? 'no flavor that can be served' : `the flavors ${has.join(', ')}, not ${wanted}`}.`,
    { hint: `Flavors that can be served: ${flavors.join(', ')}.` },
  )
}
