import type { NodeRun, Run } from '@pipewright/engine/client'

import { keepStandardOutputForJson, printJson } from '../terminal/output.ts'
import { nodeDuration } from './run-summary.ts'
import type { RunSnapshot, RunView } from './run-view.ts'

/** NDJSON on standard output: one object a transition. The command prints the summary object after it. */
export class JsonView implements RunView {
  #finished = 0

  begin(run: Run): void {
    keepStandardOutputForJson()
    const { id: runId, pipeline, total, createdAt: at } = run
    printJson({ type: 'run_created', runId, pipeline, total, at })
  }

  update({ run, nodes, changed }: RunSnapshot): void {
    for (const node of changed) printJson(nodeEvent(run.id, node))
    if (nodes !== undefined || run.finished === this.#finished) return
    this.#finished = run.finished
    printJson({ type: 'progress', runId: run.id, finished: run.finished, total: run.total })
  }

  close(): void {
    // The interrupt or error is told by the caller.
  }
}

function nodeEvent(runId: string, node: NodeRun): object {
  const { attempt, startedAt, endedAt, worker, error } = node
  const base = { runId, node: node.node, attempt }
  const failure = error && { error: { code: error.code, message: error.message } }
  if (node.status === 'running') return { type: 'node_started', ...base, at: startedAt, worker }
  if (node.status === 'pending') return { type: 'node_retrying', ...base, ...failure }
  return {
    type: 'node_finished',
    ...base,
    status: node.status,
    startedAt,
    at: endedAt,
    durationMs: nodeDuration(node) ?? 0,
    worker,
    ...(node.record && { metrics: node.record.finalMetrics }),
    ...failure,
  }
}
