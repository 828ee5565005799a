import type { Client } from '@pipewright/engine/client'

import { messageOf } from '../error-report.ts'
import { exitCodes, type ExitCode } from '../exit-code.ts'
import { BothSources } from '../lineage/both-sources.ts'
import { findTrace } from '../lineage/find-trace.ts'
import { LedgerLineage } from '../lineage/ledger-lineage.ts'
import { readSubject } from '../lineage/subject.ts'
import type { Trace } from '../lineage/trace.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { ProjectOptions } from '../options/project-options.ts'
import { openConfig, type OpenedConfig } from '../project/open-project.ts'
import { openMlflowLineage, type OpenedMlflowLineage } from '../services/open-mlflow-lineage.ts'
import { withClient } from '../services/with-client.ts'
import { print, printJson, printNotice } from '../terminal/output.ts'
import { lineageMermaid } from '../view/lineage-mermaid.ts'
import { lineageTree } from '../view/lineage-tree.ts'

/** Options of `lineage`. */
export type LineageOptions = ProjectOptions &
  OutputOptions & {
    readonly format?: 'tree' | 'mermaid' | 'json'
    readonly run?: string
    readonly limit?: number
    /** False: the ledger alone. */
    readonly mlflow?: boolean
  }

const mostRuns = 20

/** `lineage DATASET|MODEL` */
export async function showLineage(text: string, options: LineageOptions): Promise<ExitCode> {
  const found =
    (await withClient(options, ({ client, opened }) => traceOf(text, options, opened, client))) ??
    // this project never had a Redis of its own here, but its runs may be in MLflow
    (await traceOf(text, options, await openConfig({ env: options.env }), undefined))
  show(found, options.json === true ? 'json' : (options.format ?? 'tree'))
  if (found.isCut)
    printNotice(`There are more runs than ${options.limit ?? mostRuns}: see --limit.`)
  return exitCodes.succeeded
}

async function traceOf(
  text: string,
  options: LineageOptions,
  opened: OpenedConfig,
  client: Client | undefined,
): Promise<Trace> {
  const mlflow = options.mlflow === false ? undefined : await openOrSayWhyNot(opened)
  try {
    const ledger = client && new LedgerLineage(client)
    const source = new BothSources(ledger, mlflow, noticeWithout)
    return await findTrace(source, {
      subject: readSubject(text),
      run: options.run,
      mostRuns: options.limit ?? mostRuns,
    })
  } finally {
    await mlflow?.close()
  }
}

async function openOrSayWhyNot(opened: OpenedConfig): Promise<OpenedMlflowLineage | undefined> {
  try {
    return await openMlflowLineage(opened, printNotice)
  } catch (error) {
    noticeWithout(error)
    return undefined
  }
}

function noticeWithout(error: unknown): void {
  printNotice(
    `Without MLflow, so older runs and versions of models are missing: ${messageOf(error)}`,
  )
}

function show({ start, graph, isCut }: Trace, format: 'tree' | 'mermaid' | 'json'): void {
  if (format === 'tree') print(lineageTree(start, graph))
  else if (format === 'mermaid') print(lineageMermaid(start, graph))
  else {
    const edges = graph.edges.map(([from, to]) => ({ from, to }))
    printJson({ type: 'lineage', start, vertices: graph.vertices, edges, isCut })
  }
}
