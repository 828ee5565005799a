import type { RunReason, RunWhy } from './answer.ts'
import { noCodeText, queueText, runningText } from './place-text.ts'
import type {
  EndedReason,
  InputsReason,
  NodeReason,
  OwedPublication,
  PendingReason,
  PublicationReason,
  ReasonText,
  RetryReason,
} from './reason.ts'
import { counted, countedVerb, spanText } from './time-text.ts'

const unsubmitted: ReasonText = {
  text: 'The run was not submitted whole: an error of Redis cut it, and none of its nodes was released.',
  todo: 'Enqueue it again; with the same idempotency key it becomes the same run.',
}

const startWorker = 'Start a worker: pipewright worker'

/** A text for each kind: a kind without one does not compile. */
type Texts<Reason extends { readonly kind: string }> = {
  readonly [Kind in Reason['kind']]: (
    reason: Extract<Reason, { kind: Kind }>,
    now: number,
  ) => ReasonText
}

const pending: Texts<Exclude<PendingReason, { kind: 'unsubmitted' }>> = {
  delayed: ({ startAt, workers }, now) =>
    driven(
      startAt > now
        ? `The run begins in ${spanText(startAt - now)}.`
        : 'The run is about to begin.',
      { workers },
    ),
  'run-limit': ({ what, limit, running, runs, position, waiting }) => {
    const [, pipeline = '', ...key] = what.split('/')
    const whose =
      key.length === 0
        ? `Pipeline "${pipeline}"`
        : `Pipeline "${pipeline}", for key "${key.join('/')}",`
    return {
      text: `${whose} allows ${counted(limit, 'run')} at a time, and ${running} ${running === 1 ? 'is' : 'are'} under way (${runs.join(', ')}); it is number ${position} of ${waiting} that wait.`,
      todo: 'Wait, cancel one of them, or raise the concurrency of the pipeline.',
    }
  },
  'pipeline-paused': ({ position, waiting }) => ({
    text: `Its pipeline is paused: no run of it begins; it is number ${position} of ${waiting} that wait.`,
    todo: 'Whoever paused it resumes it: client.resume({ pipeline })',
  }),
}

const texts: Texts<NodeReason> = {
  ended: endedText,
  publication: publicationText,
  running: runningText,
  inputs: inputsText,
  retry: retryText,
  paused: queueText,
  'no-worker': queueText,
  limit: queueText,
  busy: queueText,
  quarantine: queueText,
  queued: queueText,
  'node-limit': queueText,
  'no-resources': queueText,
  'no-code': noCodeText,
  skipping: (reason) =>
    driven(`It is about to be skipped, as "${reason.because}" did not succeed.`, reason),
  unsubmitted: () => unsubmitted,
  ...pending,
  cancelling: (reason) => driven('It is about to be cancelled with its run.', reason),
  backlog: (reason) =>
    driven(
      `The nodes after one with very many dependents are released in parts; its part is number ${reason.position} of ${reason.length}.`,
      reason,
    ),
  vanished: (reason) =>
    driven(
      'It is in no queue, list or timer: it was removed from Redis, or Redis lost its last writes. The reconciler puts it back, usually within 20 s.',
      reason,
    ),
}

/** Says in words why a node run is where it is. @param now The answer's `now`. */
export function nodeReasonText(reason: NodeReason, now: number): ReasonText {
  // The table has for each kind the function that takes its reason; the compiler cannot follow that through the index.
  const text = texts[reason.kind] as (reason: NodeReason, now: number) => ReasonText
  return text(reason, now)
}

/** What living workers do by themselves. */
function driven(text: string, { workers }: { readonly workers: number }): ReasonText {
  if (workers > 0) return { text }
  return { text: `${text} But no worker is alive to do it.`, todo: startWorker }
}

function endedText(
  { status, attempt, endedAt, worker, error, because }: EndedReason,
  now: number,
): ReasonText {
  const ago = `${spanText(now - endedAt)} ago`
  const by = worker === undefined ? '' : ` on worker "${worker}"`
  const tries = attempt > 1 ? `, attempt ${attempt}` : ''
  const failure = error === undefined ? '' : `: ${error.code}: ${error.message}`
  const why = because === undefined ? '' : `, as "${because}" failed`
  return { text: `It has ended ${ago}${by}: ${status}${tries}${why}${failure}` }
}

function inputsText(
  { missing, count, chain, chainLength, cause }: InputsReason,
  now: number,
): ReasonText {
  const [first] = missing
  const what = first === undefined ? 'its inputs' : `"${first.dataset}" of node "${first.node}"`
  const more = count > 1 ? ` and ${counted(count - 1, 'more node')}` : ''
  const { text, todo } = nodeReasonText(cause.reason, now)
  const through = chainLength > 1 ? ` It hangs on node "${chain.at(-1)}".` : ''
  return { text: `It waits for ${what}${more}.${through} "${cause.node}": ${text}`, todo }
}

function retryText(
  { dueAt, attempt, failures, retries, error, workers }: RetryReason,
  now: number,
): ReasonText {
  const failure =
    error === undefined ? '' : ` The last attempt failed: ${error.code}: ${error.message}`
  const due = dueAt > now ? `is due in ${spanText(dueAt - now)}` : 'is due now'
  const used = `${failures} of ${counted(retries, 'retry').replace('retrys', 'retries')} used`
  return driven(`Attempt ${attempt} ${due} (${used}).${failure}`, { workers })
}

/** Says in words which datasets are still to be published. */
function publicationText(
  { publications, count, workers }: Omit<PublicationReason, 'kind'>,
  now: number,
): ReasonText {
  const [first] = publications.toSorted((a, b) => tried(b) - tried(a))
  if (first === undefined) return driven('Datasets are still to be published.', { workers })
  const { dataset, node, since, path, problem } = first
  const where = path === undefined ? 'its catalog path' : path
  const more = count > 1 ? ` So are ${count - 1} more.` : ''
  const last = problem === undefined ? '' : ` The last try failed: ${problem}`
  const text = `Dataset "${dataset}" of node "${node}" is still to be written to ${where}, for ${spanText(now - since)}.${more}${last}`
  if (workers === 0) return driven(text, { workers })
  return problem === undefined
    ? { text }
    : { text, todo: 'Make the path writable; it is tried again by itself.' }
}

function tried({ triedAt }: OwedPublication): number {
  return triedAt ?? 0
}

const runTexts: Texts<RunReason> = {
  ended: ({ status, endedAt, error, failure }, now) => {
    const node =
      failure === undefined
        ? ''
        : ` Node "${failure.node}" failed: ${failure.error.code}: ${failure.error.message}`
    const own = error === undefined || failure !== undefined ? '' : ` ${error}`
    return { text: `It has ended ${spanText(now - endedAt)} ago: ${status}.${own}${node}` }
  },
  unsubmitted: () => unsubmitted,
  ...pending,
  'no-plan': ({ plan, workers }) => ({
    text: `Its plan ${plan} is not in Redis any more, so no node of it can run.${workers > 0 ? ' A worker that comes upon it ends it as failed.' : ''}`,
    todo: 'Enqueue it again.',
  }),
  cancelling: ({ running, workers }) => {
    const left =
      running === 0
        ? 'no node of it runs'
        : `${countedVerb(running, 'node', 'run')} until ${running === 1 ? 'its worker aborts it' : 'their workers abort them'}`
    return driven(`It is being cancelled; ${left}.`, { workers })
  },
  publication: publicationText,
  ending: (reason) =>
    driven(
      'All its nodes have ended and its end was cut by an error. The reconciler ends it, usually within 20 s.',
      reason,
    ),
  node: ({ node, reason }, now) => {
    const { text, todo } = nodeReasonText(reason, now)
    return { text: `"${node}": ${text}`, todo }
  },
}

/** Says in words why a run is where it is. */
export function runReasonText({ reason, now }: Pick<RunWhy, 'reason' | 'now'>): ReasonText {
  // As with the texts of nodes.
  const text = runTexts[reason.kind] as (reason: RunReason, now: number) => ReasonText
  return text(reason, now)
}
