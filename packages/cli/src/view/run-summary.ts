import type { NodeRun, Run, Status } from '@pipewright/engine/client'

/** The MLflow run of a run; null where it was not recorded (yet). */
export interface RecordedRun {
  readonly runId: string
  readonly url: string
}

/** The last object of `--json`. */
export interface RunSummary {
  readonly type: 'summary'
  readonly runId: string
  readonly pipeline: string
  readonly status: Status
  /** From the submission to the end. */
  readonly durationMs: number
  readonly nodes: readonly NodeSummary[]
  readonly mlflow: RecordedRun | null
}

/** One node run in a summary. */
export interface NodeSummary {
  readonly name: string
  readonly status: Status
  readonly attempts: number
  /** Of the last attempt. */
  readonly durationMs: number
  readonly error?: { readonly code: string; readonly message: string }
  /** Of a reused one: whose result it is. */
  readonly origin?: { readonly run: string; readonly node: string }
  /** Why it was skipped, where that is known. */
  readonly reason?: string
}

/** The summary of a run. */
export function runSummary(
  run: Run,
  nodes: readonly NodeRun[],
  mlflow: RecordedRun | null,
): RunSummary {
  return {
    type: 'summary',
    runId: run.id,
    pipeline: run.pipeline,
    status: run.status,
    durationMs: Math.max(0, (run.endedAt ?? Date.now()) - run.createdAt),
    nodes: nodes.map((node) => ({
      name: node.node,
      status: node.status,
      attempts: node.attempt,
      durationMs: nodeDuration(node) ?? 0,
      ...(node.record?.origin && {
        origin: { run: node.record.origin.run, node: node.record.origin.node },
      }),
      ...(node.record?.reason !== undefined && { reason: node.record.reason }),
      ...(node.error && { error: { code: node.error.code, message: node.error.message } }),
    })),
    mlflow,
  }
}

/** How long the last attempt has run, in ms; undefined when none has started. */
export function nodeDuration(node: NodeRun): number | undefined {
  if (node.startedAt === undefined) return undefined
  const end = node.endedAt ?? (node.status === 'running' ? Date.now() : undefined)
  return end === undefined ? undefined : Math.max(0, end - node.startedAt)
}
