import type { Event, NodeFinished, RunFinished } from '@pipewright/engine/internal'

import { endOf, type AttemptName } from './attempt-end.ts'
import { endAttempt, logMetrics, startAttempt } from './attempt.ts'
import { completeAttempt } from './completion.ts'
import { eachOf } from './each-of.ts'
import { MlflowError, RecordingStopped } from './failure.ts'
import { MetricBuffer } from './metric-buffer.ts'
import { openRun } from './open-run.ts'
import { finishRun } from './parent.ts'
import type { RecordingContext, RunRecording } from './recording.ts'
import { attemptKey } from './tags.ts'

/** Nodes that are completed at a time. */
const nodesAtOnce = 16

type NodeEvent = Extract<Event, { readonly attempt: number }>

/**
 * Records the events of one run: the parent first, then those of each node in their order, of several nodes side by side,
 * and the run's end after all of them.
 */
export class RunRecorder {
  readonly #context: RecordingContext
  readonly #opened: Promise<RunRecording | undefined>
  /** The last record of the run's end, settled whether it was made or not. */
  #finished: Promise<void> = Promise.resolve()
  /** The last event of each node, settled whether it was recorded or refused. */
  readonly #tails = new Map<number, Promise<void>>()
  readonly #buffers = new Map<
    string,
    { readonly name: AttemptName; readonly buffer: MetricBuffer }
  >()

  /** `isNew`: no process was told of the run before this one. */
  constructor(context: RecordingContext, run: string, isNew = false) {
    this.#context = context
    this.#opened = openRun(context, run, isNew)
    this.#opened.catch(() => {})
  }

  /** True when the run could not be opened: no event of it can be recorded. */
  get opened(): Promise<boolean> {
    return this.#opened.then(
      () => true,
      () => false,
    )
  }

  /** Records an event. Resolves when MLflow holds all of it; rejects when it never will. */
  async record(event: Event): Promise<void> {
    switch (event.type) {
      case 'run_created':
        await this.#opened
        return
      case 'run_finished':
        await this.#finish(event)
        return
      case 'node_metrics':
        await this.#buffer(event).add(event.metrics)
        return
      case 'node_started':
        await this.#inOrder(event, (recording) => startAttempt(this.#context, recording, event))
        return
      case 'node_retrying':
      case 'node_lost':
      case 'node_finished':
        await this.#inOrder(event, (recording) => this.#end(recording, event))
        return
      case 'map_progress':
        return
      default:
        event satisfies never
    }
  }

  /**
   * Records what the ledger says of the time before `moment`, for events that are gone.
   *
   * @returns true when the run has ended before it, and so is recorded to its end
   */
  async rebuild(moment: number): Promise<boolean> {
    const recording = await this.#opened
    if (recording === undefined) return true
    const { ledger } = this.#context
    const { id } = recording.header
    const header = await ledger.run(id)
    if (header === undefined) return true
    const { status, endedAt = Infinity } = header
    if (isEnd(status) && endedAt < moment) {
      await this.#finish({ type: 'run_finished', run: id, status, at: endedAt })
      return true
    }
    const records = await ledger.nodes(id, recording.plan?.nodes.length ?? 0)
    const missed = records.filter((record) => record.endedAt < moment)
    await eachOf(missed, nodesAtOnce, (record) => this.#complete(record))
    for (const { index, attempt, startedAt: at, worker } of await ledger.running(id)) {
      const node = recording.plan?.nodes[index]?.name
      if (node === undefined) continue
      const event = { type: 'node_started' as const, run: id, node, index, attempt, at, worker }
      // oxlint-disable-next-line no-await-in-loop -- few run at a time
      await this.record(event)
    }
    return false
  }

  /** Sends the metrics that are being collected now. */
  flush(): void {
    for (const { name, buffer } of this.#buffers.values()) void this.#flush(name, buffer)
  }

  /** Gives up the metrics that are being collected: whoever reads their events next records them. */
  abandon(): void {
    for (const { buffer } of this.#buffers.values()) buffer.take().settle(new RecordingStopped())
  }

  /** The end may be told by its event and by the ledger: one after the other, and the later finds it done. */
  #finish(event: RunFinished): Promise<void> {
    const before = this.#finished
    const finish = async (): Promise<void> => {
      await before
      this.flush()
      await Promise.all(this.#tails.values())
      const recording = await this.#opened
      if (recording === undefined) return
      await finishRun(this.#context, recording, event, (record) => this.#complete(record))
    }
    const done = finish()
    this.#finished = done.catch(() => {})
    return done
  }

  #complete(record: NodeFinished): Promise<void> {
    return this.#inOrder(record, (recording) => completeAttempt(this.#context, recording, record))
  }

  #end(
    recording: RunRecording,
    event: Extract<Event, { type: 'node_retrying' | 'node_lost' | 'node_finished' }>,
  ): Promise<void> {
    const key = attemptKey(event)
    const taken = this.#buffers.get(key)?.buffer.take()
    this.#buffers.delete(key)
    const ended = endAttempt(this.#context, recording, endOf(event), taken?.metrics)
    ended.then(
      () => taken?.settle(),
      (error: unknown) => {
        if (error instanceof MlflowError) recording.refused.add(key)
        taken?.settle(error)
      },
    )
    return ended
  }

  /** The attempt's buffer. Its flush takes its turn among the node's events. */
  #buffer(event: NodeEvent): MetricBuffer {
    const key = attemptKey(event)
    const known = this.#buffers.get(key)
    if (known !== undefined) return known.buffer
    const buffer: MetricBuffer = new MetricBuffer(this.#context.metricsInterval, () => {
      void this.#flush(event, buffer)
    })
    this.#buffers.set(key, { name: event, buffer })
    return buffer
  }

  async #flush(name: AttemptName, buffer: MetricBuffer): Promise<void> {
    const { metrics, settle } = buffer.take()
    if (metrics.length === 0) return
    try {
      await this.#inOrder(name, (recording) => logMetrics(this.#context, recording, name, metrics))
      settle()
    } catch (error) {
      settle(error)
    }
  }

  async #inOrder(
    { index }: { readonly index: number },
    action: (recording: RunRecording) => Promise<void>,
  ): Promise<void> {
    const before = this.#tails.get(index)
    const inTurn = async (): Promise<void> => {
      const recording = await this.#opened
      await before
      if (recording !== undefined) await action(recording)
    }
    const done = inTurn()
    this.#tails.set(
      index,
      done.catch(() => {}),
    )
    await done
  }
}

function isEnd(status: string): status is RunFinished['status'] {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled'
}
