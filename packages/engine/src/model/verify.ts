import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import * as z from 'zod'

import type { AnyNode } from '../definition/node.ts'
import { NodeError } from '../errors.ts'
import { canonicalJson } from '../plan/canonical-json.ts'
import type { ModelManifest } from './manifest.ts'
import { writeFiles, type PackageFiles } from './package.ts'
import { Predictor } from './predictor.ts'

/** What a package is compared with. */
export interface VerifyOptions {
  readonly manifest: ModelManifest
  readonly nodes: readonly AnyNode[]
  readonly values: Readonly<Record<string, unknown>>
  readonly example: readonly unknown[]
  /** False: it must load, but may predict anything. */
  readonly verify: boolean
  readonly signal: AbortSignal
}

const Answer = z.object({
  id: z.number().nullable(),
  predictions: z.array(z.unknown()).optional(),
  error: z.object({ message: z.string() }).optional(),
})

const longest = 120_000

/**
 * Loads a package in a process of its own, as a server would, and lets it predict the example: what comes back must be
 * what the nodes in this process predict. They differ when the code on disk, which was packed, is no longer the code that
 * this worker loaded and trained with.
 *
 * @throws NodeError `MODEL_NOT_VERIFIED`, `MODEL_OUT_OF_STEP`; whatever a node throws for the example
 */
export async function verifyPackage(files: PackageFiles, options: VerifyOptions): Promise<void> {
  const { manifest, nodes, values, example, verify } = options
  const artifacts = new Map(
    Object.keys(manifest.artifacts).map((name) => [name, values[name]] as const),
  )
  const isCompared = verify && example.length > 0
  const own = isCompared
    ? await new Predictor({ manifest, nodes, artifacts }).predict(example)
    : undefined
  const packed = await predictApart(files, options)
  if (!isCompared || canonicalJson(own) === canonicalJson(packed)) return
  throw new NodeError(
    'MODEL_OUT_OF_STEP',
    `The packed model "${manifest.name}" does not predict what the nodes of this worker predict: its code on disk is not the code that trained it, or it answers differently each time.`,
    {
      hint: 'Restart workers after the code has changed, then train again. For a model with randomness of its own, set `verify: false`.',
      retryable: false,
    },
  )
}

async function predictApart(files: PackageFiles, options: VerifyOptions): Promise<unknown> {
  const parent = await mkdtemp(join(tmpdir(), 'pipewright-model-'))
  try {
    const folder = join(parent, 'model')
    await writeFiles(files, folder)
    return await predictIn(folder, options)
  } catch (error) {
    if (error instanceof NodeError || options.signal.aborted) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw notVerified(options.manifest, reason, error)
  } finally {
    await rm(parent, { recursive: true, force: true })
  }
}

async function predictIn(
  folder: string,
  { manifest, example, verify, signal }: VerifyOptions,
): Promise<unknown> {
  const requests = verify && example.length > 0 ? [{ id: 1, rows: example }] : []
  const lines = await talk(join(folder, 'code', 'serve.mjs'), requests, signal)
  const last = lines.at(-1)
  if (last?.error !== undefined) throw notVerified(manifest, last.error.message)
  if (lines.length === requests.length + 1) return last?.predictions
  throw notVerified(manifest, 'it ended without an answer.')
}

function talk(
  program: string,
  requests: readonly unknown[],
  signal: AbortSignal,
): Promise<readonly z.infer<typeof Answer>[]> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [program],
      { maxBuffer: 100_000_000, signal, timeout: longest },
      (error, stdout, stderr) => {
        if (error !== null) reject(new Error(stderr.trim().slice(-1000) || error.message))
        else
          resolve(
            stdout
              .split('\n')
              .filter((line) => line !== '')
              .map((line) => Answer.parse(JSON.parse(line))),
          )
      },
    )
    // A child that ends early says why on its standard error.
    child.stdin?.on('error', () => {})
    child.stdin?.end(requests.map((request) => `${JSON.stringify(request)}\n`).join(''))
  })
}

function notVerified({ name }: ModelManifest, reason: string, cause?: unknown): NodeError {
  return new NodeError(
    'MODEL_NOT_VERIFIED',
    `The packed model "${name}" does not work by itself: ${reason}`,
    {
      hint: 'Inference nodes may use nothing beside their inputs, params and imports: no files of the project, no environment.',
      cause,
    },
  )
}
