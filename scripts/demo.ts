/**
 * Runs the weather example with two workers, kills one of them while it trains a model, and tells who recovered what and
 * when. Exits with 0 when the run succeeded, something was taken over, and nothing that was done ran again.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { styleText } from 'node:util'

import { openRedis } from '../packages/cli/src/embedded/index.ts'
import { defaultPrefix, observe, type Event } from '../packages/engine/src/internal.ts'
import { run, startWorker, type DemoWorker } from './demo/command.ts'
import { recoveryOf, type Kill, type Recovery } from './demo/recovery.ts'
import { seconds, Timeline, type Line } from './demo/timeline.ts'

/** Trained for long enough to be caught in it. */
const victimNode = 'train_forest'
const params = ['train_forest.trees=80']

process.exitCode = await demo()

async function demo(): Promise<number> {
  // A Redis of the demo's own, so that a worker of the project that runs already does not take part.
  delete process.env['REDIS_URL']
  const root = await mkdtemp(join(tmpdir(), 'pipewright-demo-'))
  const redis = await openRedis({ root, onProgress: print })
  const workers: DemoWorker[] = []
  const interrupt = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => interrupt.abort())
  try {
    print('Starting two workers with the default leases: 10 s, checked each 5 s.')
    workers.push(
      ...(await Promise.all(['amber', 'birch'].map((name) => startWorker(redis.url, name)))),
    )
    for (const { name, pid } of workers) print(`  worker ${name} is process ${pid}`)
    const id = await run(redis.url, ['enqueue', 'training', '--params', ...params])
    print(`  run ${id} of pipeline "training" with ${params.join(' ')}\n`)
    const { holds, lines } = await watch(redis.url, id, workers, interrupt.signal)
    print(`\nWhat the kill cost\n${lines.map((line) => `  ${line}`).join('\n')}`)
    return holds ? 0 : 1
  } catch (error) {
    if (interrupt.signal.aborted) return 130
    throw error
  } finally {
    const signal = interrupt.signal.aborted ? 'SIGKILL' : 'SIGTERM'
    await Promise.all(workers.map((worker) => worker.end(signal)))
    await redis.close()
    await rm(root, { recursive: true, force: true })
  }
}

/** Prints the run's events as they come, and kills the worker that trains. */
async function watch(
  redis: string,
  id: string,
  workers: readonly DemoWorker[],
  signal: AbortSignal,
): Promise<Recovery> {
  const observer = observe({ redis, prefix: defaultPrefix, group: 'demo' })
  signal.addEventListener('abort', () => observer.endReading())
  const timeline = new Timeline()
  const events: Event[] = []
  let kill: Kill | undefined
  let began = Date.now()
  try {
    for (;;) {
      signal.throwIfAborted()
      const entries = await observer.outbox.read(100, 1000)
      await observer.outbox.ack(entries.map((entry) => entry.id))
      for (const { event } of entries) {
        if (event.run !== id) continue
        events.push(event)
        if (event.type === 'run_created') began = event.at
        for (const line of timeline.lines(event)) printLine(line, began)
        if (kill === undefined) kill = await killTrainer(event, workers, began)
        if (event.type === 'run_finished') {
          return recoveryOf(events, kill ?? { worker: 'nobody', at: event.at }, began)
        }
      }
    }
  } finally {
    observer.close()
  }
}

async function killTrainer(
  event: Event,
  workers: readonly DemoWorker[],
  began: number,
): Promise<Kill | undefined> {
  if (event.type !== 'node_started' || event.node !== victimNode) return undefined
  const victim = workers.find(({ name }) => name === event.worker)
  if (victim === undefined) return undefined
  await victim.end('SIGKILL')
  const at = Date.now()
  const text = `kill -9 ${victim.pid}: worker ${victim.name} dies in the middle of ${victimNode}`
  printLine({ at, subject: '', text, mark: 'lost' }, began)
  return { worker: victim.name, at }
}

function printLine({ at, subject, text, mark }: Line, began: number): void {
  const time = seconds(at - began).padStart(7)
  const styled = mark === 'plain' ? text : styleText(mark === 'lost' ? 'red' : 'green', text)
  print(`${time}  ${subject.padEnd(18)}${styled}`)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
