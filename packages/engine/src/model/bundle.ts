import { isBuiltin } from 'node:module'
import { fileURLToPath } from 'node:url'

import type { Plugin } from 'rolldown'

import type { AnyNode } from '../definition/node.ts'
import { NodeError } from '../errors.ts'
import { findNodes, type NodePlace } from './find-nodes.ts'
import { openBundler } from './open-bundler.ts'

/** Whether this code runs from source; then the packages of the workspace are bundled from source too. */
const fromSource = import.meta.url.endsWith('.ts')
const extension = fromSource ? 'ts' : 'js'
const entry = 'pipewright:model'

/** Calls that only define something: what a model does not use of a module goes, with all that it would import. */
const pure =
  'dataset table stream param node pipeline namespace slice inferencePipeline defineProject'.split(
    ' ',
  )
const conditions = ['node', 'import', 'default']

/**
 * Bundles nodes with everything that they import, and the code that runs them, into one module of plain JavaScript. The same
 * sources give the same text, wherever they lie.
 *
 * @param code URL of the module that refers to the nodes.
 * @throws NodeError `BUNDLER_MISSING`, `MODEL_CODE_NOT_FOUND`, `MODEL_NOT_BUNDLED`
 */
export async function bundleNodes(code: string, nodes: readonly AnyNode[]): Promise<string> {
  const places = await findNodes(code, nodes)
  const chunk = await build(entryText(places))
  // What is imported when it is needed, in the module itself: where nodes and `inferencePipeline` share one, its packing.
  const missing = chunk.imports.find((name) => !isBuiltin(name) && name !== chunk.fileName)
  if (missing === undefined) return chunk.code
  throw notBundled(`"${missing}" is imported and cannot be found`)
}

async function build(text: string): Promise<{
  readonly code: string
  readonly fileName: string
  readonly imports: readonly string[]
}> {
  const { rolldown } = await openBundler()
  try {
    const bundle = await rolldown({
      input: entry,
      platform: 'node',
      logLevel: 'silent',
      resolve: {
        conditionNames: fromSource ? ['@pipewright/source', ...conditions] : conditions,
      },
      treeshake: { manualPureFunctions: pure },
      experimental: { attachDebugInfo: 'none' },
      plugins: [virtualEntry(text), withoutPacking()],
    })
    try {
      const { output } = await bundle.generate({
        format: 'esm',
        codeSplitting: false,
        comments: false,
      })
      const [chunk] = output
      const { code, fileName } = chunk
      return { code, fileName, imports: [...chunk.imports, ...chunk.dynamicImports] }
    } finally {
      await bundle.close()
    }
  } catch (cause) {
    throw notBundled(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

function entryText(places: readonly NodePlace[]): string {
  const runtime = fileURLToPath(new URL(`./open-model.${extension}`, import.meta.url))
  const imports = places.map(
    (place, index) =>
      `import { ${quoted(place.export)} as n${index} } from ${quoted(place.module)}`,
  )
  const nodes = places.map(({ node, is }, index) =>
    is === 'node'
      ? `n${index}`
      : `n${index}.nodes.find(({ name }) => name === ${quoted(node.name)})`,
  )
  return [
    ...imports,
    `import { modelModule } from ${quoted(runtime)}`,
    `export const { open, serve } = modelModule([${nodes.join(', ')}])`,
  ].join('\n')
}

function virtualEntry(text: string): Plugin {
  return {
    name: 'pipewright:entry',
    resolveId: (id) => (id === entry ? `\0${entry}` : undefined),
    load: (id) => (id === `\0${entry}` ? text : undefined),
  }
}

/** A model packs no models, and must not carry the bundler. */
function withoutPacking(): Plugin {
  const pack = fileURLToPath(new URL(`./pack.${extension}`, import.meta.url))
  return {
    name: 'pipewright:without-packing',
    load: (id) => (id === pack ? 'export const packModel = undefined' : undefined),
  }
}

function quoted(text: string): string {
  return JSON.stringify(text)
}

function notBundled(reason: string, cause?: unknown): NodeError {
  return new NodeError(
    'MODEL_NOT_BUNDLED',
    `The code of the model cannot be bundled: ${reason.slice(0, 1000)}.`,
    {
      hint: 'A model carries all its code. Native addons cannot be part of it: use a library of plain JavaScript or WebAssembly in inference.',
      retryable: false,
      cause,
    },
  )
}
