import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { connect, type Client, type RunHandle } from '@pipewright/engine/client'
import { Event, keys } from '@pipewright/engine/internal'
import { Redis } from 'ioredis'
import type { TestContext } from 'vitest'

import { gates } from '../system/fixture/gate.ts'
import { JournalEntry, journalFile } from '../system/fixture/journal.ts'
import { removePrefix, sharedRedisUrl, uniquePrefix } from './redis.ts'
import {
  startWorkerProcess,
  type WorkerProcess,
  type WorkerProcessOptions,
} from './worker-process.ts'

const fixture = join(import.meta.dirname, '..', 'system', 'fixture')

/** Long enough for a busy machine to renew them, short enough for tests to wait until they run out. */
export const shortLease = { lease: 2000, checkEvery: 300 } as const

/** Settings of a worker process of a project. */
export type ProjectWorkerOptions = Omit<Partial<WorkerProcessOptions>, 'root' | 'redis' | 'prefix'>

/** A copy of the fixture's project, with a ledger and workers of its own; everything goes when the test has finished. */
export interface TestProject {
  readonly root: string
  readonly url: string
  readonly prefix: string
  readonly client: Client
  /** Starts a worker process with short leases, and waits until it claims. */
  work(options?: ProjectWorkerOptions): Promise<WorkerProcess>
  /** Lets the bodies that wait at a gate go on. */
  open(gate: string): Promise<void>
  /** What the bodies of a run did so far. */
  journal(run: RunHandle): Promise<readonly JournalEntry[]>
  /** All events of a run in the outbox. */
  events(run: RunHandle): Promise<readonly Event[]>
  /** All events of all runs in the outbox, in the order of their transitions. */
  allEvents(): Promise<readonly Event[]>
}

/**
 * Makes a project.
 *
 * @param context Of the test that has it; tests of one file may run at once.
 * @param url Default: the Redis that all tests share.
 */
export async function testProject(
  { onTestFinished }: Pick<TestContext, 'onTestFinished'>,
  url: string = sharedRedisUrl(),
): Promise<TestProject> {
  const prefix = uniquePrefix('system')
  const root = await mkdtemp(join(tmpdir(), 'pipewright-system-'))
  await mkdir(join(root, gates))
  await cp(join(fixture, 'conf'), join(root, 'conf'), { recursive: true })
  const config = JSON.stringify(join(fixture, 'pipewright.config.ts'))
  await writeFile(join(root, 'pipewright.config.ts'), `export { default } from ${config}\n`)
  const redis = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 50 })
  redis.on('error', () => undefined)
  const client = await connect({ redis: url, prefix })
  const workers: WorkerProcess[] = []
  let started = 0
  const allEvents = async (): Promise<readonly Event[]> => {
    const entries = await redis.xrange(keys.outbox(prefix), '-', '+')
    return entries.map(([, fields]) => Event.parse(JSON.parse(fields[1] ?? '')))
  }
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') {
      for (const { name, log } of workers) console.error(`--- log of ${name}\n${log.join('\n')}`)
    }
    await Promise.all(workers.map(async (worker) => worker.kill()))
    await client.close()
    redis.disconnect()
    if (url === sharedRedisUrl()) await removePrefix(url, prefix)
    await rm(root, { recursive: true, force: true })
  })
  return {
    root,
    url,
    prefix,
    client,
    async work(options = {}) {
      started += 1
      const name = options.name ?? `worker-${started}`
      const worker = await startWorkerProcess({
        ...shortLease,
        ...options,
        name,
        root,
        redis: url,
        prefix,
      })
      workers.push(worker)
      return worker
    },
    open: async (gate) => writeFile(join(root, gates, gate), ''),
    journal: async (run) => (await readJournal(root)).filter((entry) => entry.run === run.id),
    events: async (run) => (await allEvents()).filter((event) => event.run === run.id),
    allEvents,
  }
}

/** Everything that the bodies of a project wrote down. */
export async function readJournal(root: string): Promise<readonly JournalEntry[]> {
  const text = await readFile(join(root, journalFile), 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JournalEntry.parse(JSON.parse(line)))
}

/** How often each node's body was started. */
export function starts(journal: readonly JournalEntry[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { node, what } of journal) {
    if (what === 'started') counts[node] = (counts[node] ?? 0) + 1
  }
  return counts
}

/** Waits until a question has an answer that is neither undefined nor false. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  limit = 30_000,
): Promise<T> {
  const end = performance.now() + limit
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > end) throw new Error(`${what}: not within ${limit} ms`)
    await wait(20)
  }
}
