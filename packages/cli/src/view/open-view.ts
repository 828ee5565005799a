import type { OutputOptions } from '../options/output-options.ts'
import { JsonView } from './json-view.ts'
import { LineView } from './line-view.ts'
import type { RunView } from './run-view.ts'
import { TreeView } from './tree-view.ts'

const silent: RunView = { begin() {}, update() {}, close() {} }

/** The view for this standard output: JSON or nothing when asked for, a tree on a terminal, else lines. */
export function openView(options: OutputOptions): RunView {
  if (options.json === true) return new JsonView()
  if (options.quiet === true) return silent
  const { CI, TERM } = process.env
  const live = process.stdout.isTTY && TERM !== 'dumb' && (CI === undefined || CI === '')
  return live ? new TreeView() : new LineView()
}
