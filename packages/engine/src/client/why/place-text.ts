import type { Amounts } from '../../definition/resources.ts'
import { userQueue } from '../../plan/queue-name.ts'
import type {
  BusyReason,
  NamedWorker,
  NoCodeReason,
  NodeLimitReason,
  NoResourcesReason,
  NoWorkerReason,
  Place,
  QuarantineReason,
  QueueReason,
  ReasonText,
  RunningReason,
} from './reason.ts'
import { counted, countedVerb, spanText } from './time-text.ts'

/** What holds up a node run in its queue, for people. */
export function queueText(reason: QueueReason, now: number): ReasonText {
  const { queue } = reason
  const where = placeText(reason.place)
  if (reason.kind === 'no-worker') return noWorkerText(reason, now)
  if (reason.kind === 'busy') return busyText(reason)
  if (reason.kind === 'quarantine') return quarantineText(reason)
  if (reason.kind === 'node-limit') return nodeLimitText(reason)
  if (reason.kind === 'no-resources') return noResourcesText(reason)
  if (reason.kind === 'queued')
    return { text: `It waits in queue "${queue}", and a worker has room for it; ${where}.` }
  if (reason.kind === 'paused') {
    return {
      text: `Queue "${userQueue(queue)}" is paused; ${where}.`,
      todo: `Whoever paused it resumes it: client.resume({ queue: '${userQueue(queue)}' })`,
    }
  }
  const { limit, running } = reason
  return {
    text: `Queue "${queue}" allows ${counted(limit, 'job')} at a time, and ${countedVerb(running, 'job', 'run')}; ${where}.`,
    todo: "Wait, or raise the limit with the setGlobalConcurrency() of BullMQ's Queue.",
  }
}

function busyText({ by, slots, workers, queue, place }: BusyReason): ReasonText {
  const [first] = by
  const taken = first === undefined ? '' : `, most by run ${first.run} ("${first.example}")`
  const whose = workers === 1 ? 'the worker' : `the ${workers} workers`
  const all = slots === 1 ? `The only slot of ${whose}` : `All ${slots} slots of ${whose}`
  return {
    text: `${all} of queue "${queue}" ${slots === 1 ? 'is' : 'are'} taken${taken}; ${placeText(place)}.`,
    todo: 'Wait, start more workers, or raise their --concurrency.',
  }
}

function quarantineText({ running, losses, place }: QuarantineReason): ReasonText {
  const [first] = running
  const now = first === undefined ? 'none runs now' : `"${first}" runs now`
  return {
    text: `${lossesText(losses)}, so it runs alone, in quarantine, where each worker runs one node at a time; ${now}; ${placeText(place)}.`,
    todo: 'Look for what ends its process: memory, a native module, process.exit.',
  }
}

function nodeLimitText({ limit, running, place }: NodeLimitReason): ReasonText {
  const named = running.map((each) => `"${each}"`).join(', ')
  return {
    text: `Its concurrency is ${limit}, over all runs and workers, and ${limit === 1 ? 'this one is' : 'as many are'} at work: ${named}; ${placeText(place)}.`,
    todo: 'Wait, or raise the concurrency of the node.',
  }
}

function noResourcesText({ queue, need, offers, place }: NoResourcesReason): ReasonText {
  const said = offers.map(({ worker, resources }) => `"${worker}" ${amountsText(resources)}`)
  return {
    text: `It needs ${amountsText(need)}, and no worker of queue "${userQueue(queue)}" offers that: ${said.join(', ')}; ${placeText(place)}.`,
    todo: `Start one that does: pipewright worker --queues ${userQueue(queue)} --resources ${amountsText(need).replaceAll(', ', ',').replaceAll(' ', '=')}`,
  }
}

/** `gpu 1, memory 8589934592`. */
function amountsText(amounts: Amounts): string {
  const parts = Object.entries(amounts).map(([name, amount]) => `${name} ${amount}`)
  return parts.length === 0 ? 'nothing' : parts.join(', ')
}

/** Whose code lacks a node that waits, for people. */
export function noCodeText(
  { queue, pipeline, plan, since, workers, serving }: NoCodeReason,
  now: number,
): ReasonText {
  const base = userQueue(queue)
  const able = workers.find(({ has }) => has === 'same' || has === 'any')
  if (able !== undefined) {
    return {
      text: `It was left by workers whose code does not have it; worker ${workerText(able.worker, now)} has, and takes it when a slot is free.`,
    }
  }
  const versions = {
    none: 'has no such pipeline',
    other: 'has another version of it',
    same: '',
    any: '',
  }
  const named = workers.map(
    ({ worker, has }) => `"${worker.name}" (${worker.host}) ${versions[has]}`,
  )
  const who =
    serving === 0
      ? `No worker serves queue "${base}" now.`
      : `Of queue "${base}": ${named.join(', ')}.`
  return {
    text: `The code of the workers that came upon it does not have it as this run of "${pipeline}" needs it (plan ${plan.slice(0, 12)}), and they leave it alone, for ${spanText(now - since)}. ${who}`,
    todo: 'Start a worker with the code that the run was enqueued with; or cancel the run, and enqueue it again.',
  }
}

function noWorkerText(
  { queue, place, served, lost, refused }: NoWorkerReason,
  now: number,
): ReasonText {
  const base = userQueue(queue)
  const others = served.map((each) => `"${each.queue}" (${each.workers})`).join(', ')
  const [last] = lost.toSorted((a, b) => (b.beatAt ?? 0) - (a.beatAt ?? 0))
  const gone = last === undefined ? '' : ` Its last one was ${workerText(last, now)}.`
  const alive = others === '' ? ' No worker is alive.' : ` Workers serve ${others}.`
  const [idle] = refused
  if (idle !== undefined) {
    const { worker, problem } = idle
    const more = refused.length > 1 ? ` So do ${refused.length - 1} more.` : ''
    return {
      text: `No worker serves queue "${base}"; ${placeText(place)}. Worker ${workerText(worker, now)} would, and claims nothing: ${problem.code}: ${problem.message}${more}`,
      todo: problem.hint,
    }
  }
  return {
    text: `No worker serves queue "${base}"; ${placeText(place)}.${alive}${gone}`,
    todo: `Start one: pipewright worker --queues ${base}`,
  }
}

/** Who runs a node, or did when it was lost. */
export function runningText(reason: RunningReason, now: number): ReasonText {
  const { worker, attempt, startedAt, leaseUntil, alone, cancelling } = reason
  const how = [alone ? 'alone, in quarantine' : '', attempt > 1 ? `attempt ${attempt}` : '']
  const details = how.filter((each) => each !== '').join(', ')
  const head = `It ${worker.lost || leaseUntil === null ? 'was running' : 'runs'} on worker ${workerText(worker, now)}, for ${spanText(now - startedAt)}${details === '' ? '' : ` (${details})`}.`
  if (worker.lost || leaseUntil === null) return takeOverText(head, reason, now)
  const lease = ` Its lease holds for ${spanText(leaseUntil - now)} and is renewed while the worker lives.`
  if (!cancelling) return { text: head + lease }
  return { text: `${head} The run is being cancelled: the worker aborts it.` }
}

function takeOverText(
  head: string,
  { worker, leaseUntil, workers, checkEvery, queue, losses }: RunningReason,
  now: number,
): ReasonText {
  const gone = worker.lost ? ' The worker is lost.' : ''
  const lease =
    leaseUntil === null
      ? ' Its lease has run out'
      : ` Its lease runs out in ${spanText(leaseUntil - now)}`
  const next = ` and another worker takes it over within ${spanText(checkEvery)} of that`
  const before = losses === 0 ? '' : ` ${lossesText(losses)} before.`
  const text = `${head}${gone}${before}${lease}`
  if (workers > 0) return { text: `${text}${next}.` }
  const base = userQueue(queue)
  return {
    text: `${text}, but no other worker serves queue "${base}".`,
    todo: `Start one: pipewright worker --queues ${base}`,
  }
}

function workerText({ name, host, pid, beatAt, lost }: NamedWorker, now: number): string {
  if (name === '') return 'that did not tell its name'
  if (beatAt === undefined) return `"${name}"`
  const place = pid === undefined ? host : `${host}, process ${pid}`
  return `"${name}" (${place}; ${lost ? 'lost: ' : ''}last beat ${spanText(now - beatAt)} ago)`
}

function lossesText(losses: number): string {
  return `${counted(losses, 'worker')} ${losses === 1 ? 'was' : 'were'} lost while running it`
}

function placeText({ list, position, length, runsAhead }: Place): string {
  const at = position === undefined ? `far back among ${length}` : `number ${position} of ${length}`
  if (list === 'queue') return `it is ${at} in the queue`
  const turn =
    runsAhead === undefined || runsAhead === 0
      ? ''
      : `, and ${counted(runsAhead, 'run')} come first`
  return `it is ${at} of its run that wait for room in the queue${turn}`
}
