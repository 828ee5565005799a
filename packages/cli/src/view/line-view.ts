import { isTerminal, type NodeRun, type Run } from '@pipewright/engine/client'

import { durationText, momentText } from '../terminal/duration-text.ts'
import { print } from '../terminal/output.ts'
import { nodeDuration } from './run-summary.ts'
import type { RunSnapshot, RunView } from './run-view.ts'
import { statusMark, statusText } from './status-mark.ts'

const progressEvery = 5000

/** One line a transition, only ever appended: for logs, pipes and dumb terminals. */
export class LineView implements RunView {
  #toldAt = -Infinity
  #toldCount = -1

  begin(run: Run): void {
    print(`${clock(run.createdAt)} run ${run.id} of ${run.pipeline}: ${run.total} nodes`)
  }

  update({ run, nodes, changed }: RunSnapshot): void {
    for (const node of changed) print(nodeLine(node))
    if (nodes === undefined) this.#tellProgress(run)
    if (!isTerminal(run.status)) return
    const end = run.endedAt ?? Date.now()
    print(`${clock(end)} run ${run.id} ${run.status} after ${durationText(end - run.createdAt)}`)
  }

  close(): void {
    // Nothing is held.
  }

  #tellProgress(run: Run): void {
    if (run.finished === this.#toldCount || performance.now() - this.#toldAt < progressEvery) return
    this.#toldAt = performance.now()
    this.#toldCount = run.finished
    print(`${clock(Date.now())} ${run.finished}/${run.total} nodes ended`)
  }
}

function nodeLine(node: NodeRun): string {
  const duration = node.status === 'running' ? undefined : nodeDuration(node)
  const time = duration === undefined ? '' : ` (${durationText(duration)})`
  const reason = node.error === undefined ? '' : `: ${node.error.message.split('\n')[0]}`
  const at = node.endedAt ?? node.startedAt ?? Date.now()
  return `${clock(at)} ${statusMark(node.status)} ${node.node} ${statusText(node)}${time}${reason}`
}

function clock(at: number): string {
  return momentText(at).slice(11)
}
