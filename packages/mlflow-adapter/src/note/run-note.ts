import type { NodeFinished, Plan, RunFinished } from '@pipewright/engine/internal'

import { longestTag } from '../value.ts'
import { boxesOf } from './boxes.ts'
import { failureText } from './failure-text.ts'
import { mermaid } from './mermaid.ts'
import { nodeTable } from './node-table.ts'
import { code, codeBlock, took } from './text.ts'

/** Addresses in a note. They are relative to MLflow's page, so that they hold wherever people reach it. */
export interface NoteLinks {
  /** The table of the pipeline's runs. */
  readonly table: string
  /** The same as charts. */
  readonly charts: string
  /** The page of a run of MLflow. */
  readonly page: (run: string) => string
}

/** The description of a run that goes on. */
export function openNote(plan: Plan, links: NoteLinks): string {
  const head = `**${plan.pipeline}** runs, ${count(plan.nodes.length)}. ${runsOf(plan, links)}`
  return fitting([head, graphOf(plan)])
}

/** What the description of an ended run says. */
export interface RunEnd {
  readonly event: RunFinished
  readonly startedAt: number
  readonly nodes: readonly NodeFinished[]
  /** Runs of MLflow by node. */
  readonly pages: ReadonlyMap<string, string>
  /** Address of the picture, if there is one. */
  readonly picture: string | undefined
}

/**
 * The description of a run that has ended: how, the picture of its nodes, a table of them with links, and the graph as Mermaid.
 * What a tag has no room for is left out, from the end.
 */
export function closedNote(plan: Plan, end: RunEnd, links: NoteLinks): string {
  const time = took(end.event.at - end.startedAt)
  const head = `**${said[end.event.status]}** after ${time}, ${count(plan.nodes.length)}. ${runsOf(plan, links)}`
  const picture = end.picture === undefined ? [] : [`![${plan.pipeline}](${end.picture})`]
  const table = nodeTable(end.nodes, (node) => {
    const run = end.pages.get(node)
    return run === undefined ? code(node) : `[${code(node)}](${links.page(run)})`
  })
  return fitting([head, ...failureOf(end, links), ...picture, table, graphOf(plan)])
}

const said: Readonly<Record<RunFinished['status'], string>> = {
  succeeded: 'Succeeded',
  failed: 'Failed',
  cancelled: 'Cancelled',
}

function count(nodes: number): string {
  return nodes === 1 ? '1 node' : `${nodes} nodes`
}

function runsOf({ pipeline }: Plan, { table, charts }: NoteLinks): string {
  return `All runs of ${pipeline}: [table](${table}), [charts](${charts}).`
}

function failureOf({ nodes, pages }: RunEnd, { page }: NoteLinks): readonly string[] {
  const failed = nodes.find(({ status }) => status === 'failed')
  if (failed?.error === undefined) return []
  const run = pages.get(failed.node)
  const name = run === undefined ? code(failed.node) : `[${code(failed.node)}](${page(run)})`
  return [`The first node that failed is ${name}:\n\n${codeBlock(failureText(failed.error))}`]
}

function graphOf(plan: Plan): string {
  return codeBlock(mermaid(boxesOf(plan)), 'mermaid')
}

/** As many parts, from the first, as a tag has room for. */
function fitting(parts: readonly string[]): string {
  let note = ''
  for (const part of parts) {
    const longer = note === '' ? part : `${note}\n\n${part}`
    if (longer.length <= longestTag) note = longer
  }
  return note
}
