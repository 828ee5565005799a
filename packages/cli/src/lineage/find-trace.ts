import { UsageError } from '@pipewright/engine'

import type { BothSources } from './both-sources.ts'
import { RunIndex } from './run-index.ts'
import type { Subject } from './subject.ts'
import { Tracer, type Trace } from './trace.ts'

/** What is asked, and how far it is followed. */
export interface TraceQuestion {
  readonly subject: Subject
  /** The run in which a dataset is looked at. Default: the newest that read or made it. */
  readonly run: string | undefined
  readonly mostRuns: number
}

/** Finds where a subject came from and what became of it. @throws UsageError `LINEAGE_NOT_FOUND` */
export async function findTrace(source: BothSources, question: TraceQuestion): Promise<Trace> {
  const { subject } = question
  if (subject.kind === 'version') {
    const trace = await ofVersion(source, subject, question.mostRuns)
    if (trace !== undefined) return trace
    throw notFound(`version ${addressText(subject.address)} of a registered model`)
  }
  const { dataset, digest } = subject
  const trace =
    (await ofDataset(source, subject, question)) ??
    // a name alone may be that of a model
    (await ofVersion(source, modelNamed(dataset, digest), question.mostRuns))
  if (trace !== undefined) return trace
  const content = digest === undefined ? '' : ` with the digest ${digest}`
  const where = question.run === undefined ? 'any run that is known' : `run ${question.run}`
  throw notFound(`dataset "${dataset}"${content} in ${where}`)
}

async function ofDataset(
  source: BothSources,
  { dataset, digest }: Extract<Subject, { kind: 'dataset' }>,
  { run: wanted, mostRuns }: TraceQuestion,
): Promise<Trace | undefined> {
  const id = wanted ?? (await source.newestWith(dataset, digest))
  const run = id === undefined ? undefined : await source.run(id)
  if (run === undefined) return undefined
  const index = new RunIndex(run)
  const content = index.content(dataset, digest)
  return content && new Tracer(source, mostRuns).ofContent(index, content)
}

async function ofVersion(
  source: BothSources,
  { address }: Extract<Subject, { kind: 'version' }>,
  mostRuns: number,
): Promise<Trace | undefined> {
  const version = await source.find(address)
  if (version === undefined) return undefined
  const run = version.run === undefined ? undefined : await source.run(version.run)
  return new Tracer(source, mostRuns).ofVersion(version, run && new RunIndex(run))
}

function modelNamed(
  name: string,
  alias: string | undefined,
): Extract<Subject, { kind: 'version' }> {
  return { kind: 'version', address: alias === undefined ? { name } : { name, alias } }
}

function addressText(address: Extract<Subject, { kind: 'version' }>['address']): string {
  if ('version' in address) return `${address.name}/${address.version}`
  return 'alias' in address ? `${address.name}@${address.alias}` : address.name
}

function notFound(what: string): UsageError {
  return new UsageError('LINEAGE_NOT_FOUND', `There is no ${what}.`, {
    hint: 'Name a dataset that a run read or made, a content of it (days@9c1d), or a model (models:/weather@champion). Runs that the ledger no longer keeps are asked of MLflow.',
  })
}
