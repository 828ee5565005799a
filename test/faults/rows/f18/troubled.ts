import { spawn } from 'node:child_process'
import { writeSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

import { pipeline, type Node, type Pipeline } from '@pipewright/engine'

import { effectNode, type EffectOptions } from '../../fixture/effect-node.ts'
import { paced, setting } from '../../fixture/setting.ts'

/** The node of each of these pipelines that makes trouble. */
export const trouble = 'trouble'

/** Memory without end. */
function exhaust(): void {
  const kept: unknown[] = []
  for (;;) kept.push(Array.from({ length: 1000 }, () => ({})))
}

function die(signal: NodeJS.Signals): void {
  process.kill(process.pid, signal)
}

async function hang(): Promise<void> {
  for (;;) {
    // Nothing: the process is held.
  }
}

/** Starts a process that does not end by itself and ignores SIGTERM. */
function descend(): void {
  spawn('sh', ['-c', 'trap "" TERM; while :; do sleep 1; done'], { stdio: 'inherit' })
}

async function forkAndDie(): Promise<void> {
  descend()
  descend()
  await wait(50)
  process.kill(process.pid, 'SIGSEGV')
}

/** Heeds neither its signal nor SIGTERM, and neither does what it has started. */
async function ignoreEverything(): Promise<void> {
  process.on('SIGTERM', () => undefined)
  descend()
  await wait(3_600_000)
}

/** Fills standard output with `PIPEWRIGHT_FAULT_FLOOD` MiB, in one line, in lines past the capture, and in lines of its own. */
function flood(): void {
  const mebibyte = 2 ** 20
  const third = Math.ceil(setting('FLOOD', 1024) / 3)
  const line = `${'x'.repeat(1023)}\n`
  for (let at = 0; at < third; at += 1) writeAll('y'.repeat(mebibyte))
  for (let at = 0; at < third; at += 1) writeAll(line.repeat(1024))
  for (let at = 0; at < third * 1024; at += 1) console.log(line.slice(0, -1))
}

/** Straight to the descriptor, as native code does. */
function writeAll(text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(1, bytes, at)
    } catch (error) {
      // The pipe is full: its reader is slower.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
    }
  }
}

/** A message of no known kind, and bytes that are no message. */
function babble(): void {
  process.send?.('garbage')
  // Whichever of these descriptors are channels to the worker.
  for (const descriptor of [3, 4]) {
    try {
      writeSync(descriptor, Buffer.from([0, 0, 0, 8, 0xff, 0x0f, 0xfe, 1, 2, 3, 4, 5]))
      writeSync(descriptor, Buffer.alloc(4096, 0x78))
    } catch {
      // It is none.
    }
  }
}

/** What a body does, how its node ends, and what its error must say. */
export interface Trouble {
  readonly node: EffectOptions
  /** Undefined when it must not fail. */
  readonly error: { readonly code: string; readonly says: RegExp } | undefined
}

const timedOut = { code: 'NODE_TIMEOUT', says: /timeout|timed out|within/i }
const crashed = (says: RegExp): Trouble['error'] => ({ code: 'ISOLATE_CRASHED', says })

/** All of them, by the name of their pipeline. */
export const troubles: Readonly<Record<string, Trouble>> = {
  out_of_memory: { node: { work: exhaust }, error: crashed(/ran out of memory/) },
  segfault: { node: { work: () => die('SIGSEGV') }, error: crashed(/SIGSEGV/) },
  killed: { node: { work: () => die('SIGKILL') }, error: crashed(/SIGKILL/) },
  hang: { node: { work: hang, timeout: 500 }, error: timedOut },
  flood: { node: { work: flood }, error: undefined },
  forks: { node: { work: forkAndDie }, error: crashed(/SIGSEGV/) },
  ignores: { node: { work: ignoreEverything, timeout: 500 }, error: timedOut },
  garbage: { node: { work: babble, timeout: 5000 }, error: crashed(/message|channel/i) },
}

/** A pipeline for each: its node, two neighbours, and one that waits for it. */
export const troubled: readonly Pipeline[] = Object.entries(troubles).map(([name, { node }]) =>
  pipeline(name, [effectNode(trouble, { isolation: 'process', ...node }), ...neighbours()]),
)

/** The same without trouble: after it a worker has what it always has. */
export const calm: Pipeline = pipeline('calm', [
  effectNode(trouble, { isolation: 'process', work: paced }),
  ...neighbours(),
])

function neighbours(): readonly Node[] {
  return [
    effectNode('in_process', { isolation: 'process', work: paced }),
    effectNode('in_thread', { work: paced }),
    effectNode('behind', { after: [trouble], isolation: 'inline' }),
  ]
}
