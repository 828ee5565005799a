import { canonicalJson } from './canonical-json.ts'
import type { Content, Difference, FileDifference } from './difference.ts'
import type { CodeFiles } from './fingerprint.ts'

/** The code of a node, as far as it is known. */
export interface CodeBasis {
  /** 16 hex digits. */
  readonly fingerprint: string
  /** Undefined where only the fingerprint is known. */
  readonly files?: CodeFiles | undefined
  /** Given by the user in place of the code. */
  readonly version?: string | undefined
}

/** What a node run makes its outputs from. What is not known is undefined, and is not compared. */
export interface NodeBasis {
  readonly code: CodeBasis | undefined
  /** By the names by which users set them. */
  readonly params: Readonly<Record<string, unknown>>
  /** By dataset, all that the node reads; undefined where its content is not known. */
  readonly inputs: Readonly<Record<string, Content | undefined>>
  /** Name of the format of each dataset that it makes; undefined where it is not known. */
  readonly outputs: Readonly<Record<string, string | undefined>>
}

/**
 * What differs between two node runs of one node, and what it does to their fingerprint: code first, then params, inputs and
 * outputs, by name. Empty when they are the same as far as both are known.
 */
export function compareNodes(before: NodeBasis, after: NodeBasis): readonly Difference[] {
  return [
    ...codeDifferences(before.code, after.code),
    ...names(before.params, after.params).flatMap((param) =>
      paramDifferences(param, before.params, after.params),
    ),
    ...names(before.inputs, after.inputs).flatMap((dataset) =>
      inputDifferences(dataset, before.inputs, after.inputs),
    ),
    ...names(before.outputs, after.outputs).flatMap((dataset) =>
      outputDifferences(dataset, before.outputs, after.outputs),
    ),
  ]
}

function codeDifferences(
  before: CodeBasis | undefined,
  after: CodeBasis | undefined,
): readonly Difference[] {
  if (before === undefined || after === undefined) return []
  if (before.fingerprint === after.fingerprint) return []
  const versions = before.version !== undefined || after.version !== undefined
  return [
    {
      kind: 'code',
      ...(versions && { version: { before: before.version, after: after.version } }),
      ...(before.files && after.files && { files: compareFiles(before.files, after.files) }),
    },
  ]
}

/** The files of which the content differs, by path. */
function compareFiles(before: CodeFiles, after: CodeFiles): readonly FileDifference[] {
  return names(before, after).flatMap((path) => {
    if (before[path] === after[path]) return []
    const change = before[path] === undefined ? 'added' : 'changed'
    return [{ path, change: after[path] === undefined ? 'removed' : change }]
  })
}

function paramDifferences(
  param: string,
  before: NodeBasis['params'],
  after: NodeBasis['params'],
): readonly Difference[] {
  const [old, now] = [before[param], after[param]]
  if (canonicalJson([old]) === canonicalJson([now]) && (old === undefined) === (now === undefined))
    return []
  return [{ kind: 'param', param, before: old, after: now }]
}

function inputDifferences(
  dataset: string,
  before: NodeBasis['inputs'],
  after: NodeBasis['inputs'],
): readonly Difference[] {
  const [old, now] = [before[dataset], after[dataset]]
  const isRead = Object.hasOwn(before, dataset) && Object.hasOwn(after, dataset)
  if (isRead && (old === undefined || now === undefined || old.sha256 === now.sha256)) return []
  return [{ kind: 'input', dataset, before: old, after: now }]
}

function outputDifferences(
  dataset: string,
  before: NodeBasis['outputs'],
  after: NodeBasis['outputs'],
): readonly Difference[] {
  const [old, now] = [before[dataset], after[dataset]]
  const isMade = Object.hasOwn(before, dataset) && Object.hasOwn(after, dataset)
  if (isMade && (old === undefined || now === undefined || old === now)) return []
  return [
    {
      kind: 'output',
      dataset,
      before: formOf(before, dataset),
      after: formOf(after, dataset),
    },
  ]
}

/** The format; empty for one that is not known, undefined for a dataset that is not made. */
function formOf(outputs: NodeBasis['outputs'], dataset: string): string | undefined {
  return Object.hasOwn(outputs, dataset) ? (outputs[dataset] ?? '') : undefined
}

/** The names in either, each once, sorted. */
function names(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()
}
