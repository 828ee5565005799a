import type { Content, Difference, FileDifference } from './difference.ts'

/** Files that a text names, at most. */
const mostFiles = 3
/** Characters of a param's value, at most. */
const mostShown = 60

/** A difference in words, in one line: `param train.epochs: 20 → 50`, `code: lib/fit.ts changed`. */
export function differenceText(difference: Difference): string {
  if (difference.kind === 'code') return codeText(difference)
  if (difference.kind === 'input') return inputText(difference)
  if (difference.kind === 'output') return outputText(difference)
  const { param, before, after } = difference
  return `param ${param}: ${valueText(before)} → ${valueText(after)}`
}

function codeText({ files, version }: Extract<Difference, { kind: 'code' }>): string {
  if (version !== undefined) {
    return `version: ${valueText(version.before)} → ${valueText(version.after)}`
  }
  if (files === undefined) return 'code: changed (its files are not known any more)'
  return files.length === 0 ? 'code: the function changed' : `code: ${filesText(files)}`
}

function filesText(files: readonly FileDifference[]): string {
  const named = files.slice(0, mostFiles).map(({ path, change }) => `${path} ${change}`)
  const rest = files.length - named.length
  return rest > 0 ? `${named.join(', ')}, and ${rest} more` : named.join(', ')
}

function inputText({ dataset, before, after }: Extract<Difference, { kind: 'input' }>): string {
  if (before === undefined) return `input ${dataset}: not read before${ofText(after)}`
  if (after === undefined) return `input ${dataset}: not read any more`
  const maker = after.madeBy ?? before.madeBy
  const whose = maker === undefined ? placeText(before, after) : ` (of ${maker})`
  return `input ${dataset}${whose}: ${digestText(before)} → ${digestText(after)}`
}

function ofText(content: Content | undefined): string {
  return content?.madeBy === undefined ? '' : ` (of ${content.madeBy})`
}

function placeText({ path: before }: Content, { path: after }: Content): string {
  if (before === after || before === undefined || after === undefined) {
    const path = after ?? before
    return path === undefined ? '' : ` (${path})`
  }
  return ` (${before} → ${after})`
}

function outputText({ dataset, before, after }: Extract<Difference, { kind: 'output' }>): string {
  if (before === undefined) return `output ${dataset}: not made before`
  if (after === undefined) return `output ${dataset}: not made any more`
  return `output ${dataset}: ${before || 'unknown'} → ${after || 'unknown'}`
}

/** The begin of a content's digest, by which lineage finds it as well. */
function digestText({ sha256 }: Content): string {
  return sha256.slice(0, 12)
}

/** A value of a param, cut to a length; `(not set)` where there is none. */
function valueText(value: unknown): string {
  if (value === undefined) return '(not set)'
  const text = JSON.stringify(value)
  return text.length <= mostShown ? text : `${text.slice(0, mostShown - 1)}…`
}
